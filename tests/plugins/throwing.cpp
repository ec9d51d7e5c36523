// A plugin in C++ that breaks the rule that no exception may leave it.
#include <stdexcept>

#include <reeve_plugin.h>

namespace {

int run(const reeve_context_v1*) { throw std::runtime_error("thrown out of a plugin"); }

constexpr reeve_plugin_v1_description description = {REEVE_PLUGIN_ABI, sizeof(reeve_plugin_v1_description), "throwing", nullptr, nullptr, run};

}  // namespace

const reeve_plugin_v1_description* reeve_plugin_v1(void) { return &description; }
