/* A plugin that does what the "do" of its payload says, for the tests. With one of the macros it is spoilt. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <reeve_plugin.h>

/* Remembers that init() and close() were called, where the test can read it after the library is gone. */
static void note(const char* what) {
  const char* path = getenv("REEVE_TEST_DIARY");
  FILE* diary = path ? fopen(path, "a") : NULL;
  if (!diary) return;
  fprintf(diary, "%s\n", what);
  fclose(diary);
}

static int begin(char* problem, size_t bytes) {
  note("init");
#ifdef FAILING_INIT
  snprintf(problem, bytes, "no licence");
  return 7;
#else
  (void)problem, (void)bytes;
  return 0;
#endif
}

static void end(void) { note("close"); }

static int asked(const char* payload, const char* what) { return strstr(payload, what) != NULL; }

static void describe(const reeve_context_v1* reeve) {
  char json[512];
  size_t bytes = 0;
  const char* payload = reeve->payload(reeve->call, &bytes);
  const int length = snprintf(json, sizeof json, "{\"task\": %lld, \"attempt\": %d, \"kind\": \"%s\", \"payload\": %s, \"bytes\": %zu}",
                              (long long)reeve->task(reeve->call), (int)reeve->attempt(reeve->call), reeve->kind(reeve->call), payload, bytes);
  reeve->progress(reeve->call, 50, "half");
  reeve->progress(reeve->call, -1, "only a label");
  reeve->log(reeve->call, REEVE_WARN, "bytes \xff that are no text");
  reeve->log(reeve->call, 99, NULL);
  reeve->beat(reeve->call);
  reeve->result(reeve->call, json, (size_t)length);
  reeve->fail(reeve->call, "late", "the first counts", 1);
}

static int run(const reeve_context_v1* reeve) {
  const char* what = reeve->payload(reeve->call, NULL);
  if (asked(what, "describe")) describe(reeve);
  if (asked(what, "fail")) reeve->fail(reeve->call, "no_paper", "tray 2 is empty", 1);
  if (asked(what, "no other try")) reeve->fail(reeve->call, "no_paper", NULL, 0);
  if (asked(what, "reject")) reeve->reject(reeve->call, NULL, "never");
  if (asked(what, "nonsense")) reeve->result(reeve->call, "{nonsense", 9);
  if (asked(what, "huge")) reeve->result(reeve->call, what, (size_t)1 << 40);
  if (asked(what, "answer")) reeve->result(reeve->call, "1", 1);
  if (asked(what, "until stopped")) {
    reeve->log(reeve->call, REEVE_INFO, "ready");
    while (!reeve->stop_requested(reeve->call)) sched_yield();
    reeve->fail(reeve->call, "stopped", "as asked", 1);
  }
  return asked(what, "3") ? 3 : 0;
}

#if defined(OTHER_ABI)
#define ABI 2
#else
#define ABI REEVE_PLUGIN_ABI
#endif
#if defined(SHORT_DESCRIPTION)
#define SIZE 16
#else
#define SIZE sizeof(reeve_plugin_v1_description)
#endif
#if defined(NO_RUN)
#define RUN NULL
#else
#define RUN run
#endif

int unused_by_reeve(const reeve_context_v1* reeve);
int unused_by_reeve(const reeve_context_v1* reeve) { return run(reeve); }

static const reeve_plugin_v1_description description = {ABI, SIZE, "for the tests", begin, end, RUN};

#if defined(NO_SYMBOL)
const reeve_plugin_v1_description* another_symbol(void);
const reeve_plugin_v1_description* another_symbol(void) { return &description; }
#elif defined(NULL_DESCRIPTION)
const reeve_plugin_v1_description* reeve_plugin_v1(void) { return (void)&description, NULL; }
#else
const reeve_plugin_v1_description* reeve_plugin_v1(void) { return &description; }
#endif
