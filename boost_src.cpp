// The one place where the bodies of Asio, its TLS, Beast, Boost.URL and Boost.Process v2 are compiled; everybody else sees declarations.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
#include <boost/process/v2/src.hpp>
#include <boost/url/src.hpp>
