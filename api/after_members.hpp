// The members of a request that set a task among others: after, after_policy, batch.
#pragma once

#include <string>

#include "api/json/fields.hpp"
#include "handlers/admit.hpp"

namespace reeve::api {

// False: the member is none of them. Throws Problem.
bool take_after_member(handlers::Wish& wish, const Field& field, const std::string& key);

}  // namespace reeve::api
