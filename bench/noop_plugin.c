/* A plugin that does nothing. */
#include "reeve_plugin.h"

static int run(const reeve_context_v1* context) {
  (void)context;
  return 0;
}

const reeve_plugin_v1_description* reeve_plugin_v1(void) {
  static const reeve_plugin_v1_description description = {REEVE_PLUGIN_ABI, sizeof(reeve_plugin_v1_description), "noop", 0, 0, run};
  return &description;
}
