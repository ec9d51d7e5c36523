// The members of a request that name keys: dedupe, concurrency, supersede, order; nested or flat.
#pragma once

#include <string>

#include "api/json/fields.hpp"
#include "handlers/admit.hpp"

namespace reeve::api {

// False: the member is none of them. Throws Problem.
bool take_key_member(handlers::Wish& wish, const Field& field, const std::string& key);

// What only the whole object tells. Throws Problem.
void check_key_members(const handlers::Wish& wish);

}  // namespace reeve::api
