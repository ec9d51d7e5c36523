/*
 * The border between reeve and a plugin: a shared library whose function runs the tasks of a kind on reeve's thread pool. C11 and C++.
 *
 *     handlers:
 *       thumbnail:
 *         executor: thread
 *         plugin: /usr/lib/reeve/thumbnail.so
 *
 * A plugin exports one function, reeve_plugin_v1(), which answers a description of itself. Example: examples/plugin/plugin.c.
 *
 * A plugin runs inside the daemon: it cannot be killed, and if it crashes, exits or corrupts memory, the daemon goes with it. Programs that are
 * not as trustworthy as the daemon itself belong into the executor `process`.
 *
 * Who may write to the file runs code as the daemon's user. So reeve loads only a regular file that, like its folder, belongs to root or to the
 * daemon's own user and may be written by nobody else. It is loaded once, at its first task; another version of it needs a restart of the daemon.
 *
 * Threads
 *   init() is called once, before the first run(), close() once, after the last. run() is called on threads of the pool, several at a time with
 *   contexts of their own. All signals but those of faults are blocked on these threads. The functions of a context may be called on any thread
 *   until its run() returns, and never afterwards. progress(), log() and beat() may wait when reeve cannot keep up; the others return at once.
 *   Whatever run() starts (threads, processes) it must have ended when it returns.
 *
 * Ownership
 *   What reeve gives (kind, payload) is reeve's, is never written to, and is there until run() returns. What the plugin gives (strings, JSON) is
 *   copied before the call returns. The description and all it points to stay where they are while the library is loaded.
 *
 * Texts
 *   UTF-8, ending with a NUL where there is no length beside them. Bytes that are no UTF-8 are replaced. A null pointer is an empty text.
 *
 * Versions
 *   `abi` counts incompatible changes: reeve refuses a plugin whose number is not its own, and the name of the exported function has it too, so a
 *   library may serve several. Within one number structs only grow at their end. Each side says with `size` how much of its struct there is; what
 *   lies beyond the other's `size` must not be touched: `if (offsetof(reeve_context_v1, member) < context->size)`. All that is in this file is
 *   in every reeve that speaks ABI 1, so nobody needs to ask for it.
 */
#ifndef REEVE_PLUGIN_H
#define REEVE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REEVE_PLUGIN_ABI 1u

/* One attempt, as reeve knows it. */
typedef struct reeve_call reeve_call;

enum reeve_level { REEVE_DEBUG = 0, REEVE_INFO = 1, REEVE_WARN = 2, REEVE_ERROR = 3 };

/* What run() sees of its attempt. `call` is the first argument of every function. */
typedef struct reeve_context_v1 {
  uint32_t abi;  /* REEVE_PLUGIN_ABI */
  uint32_t size; /* of this struct in the reeve that calls */
  reeve_call* call;

  int64_t (*task)(reeve_call* call);    /* the number of the task */
  int32_t (*attempt)(reeve_call* call); /* 1 for the first */
  const char* (*kind)(reeve_call* call);
  const char* (*payload)(reeve_call* call, size_t* bytes); /* JSON; a NUL follows. `bytes` may be null */

  /* Reports; each is a sign of life. 0 to 100; below 0 or not a number: unknown, only the label counts. */
  void (*progress)(reeve_call* call, double percent, const char* label);
  void (*log)(reeve_call* call, int level, const char* message); /* a line of the task's log, cut at 64 KiB */
  void (*beat)(reeve_call* call);

  /* Not 0 once the task was cancelled, timed out, or the daemon is to end. Ask often, and return soon: until then the place in the pool is taken. */
  int (*stop_requested)(reeve_call* call);

  /* How it ends. The first of the three counts. `json` is at most 1 MiB; json null or bytes 0: no result. retry 0: no other attempt. */
  void (*result)(reeve_call* call, const char* json, size_t bytes);
  void (*fail)(reeve_call* call, const char* code, const char* message, int retry);
  void (*reject)(reeve_call* call, const char* code, const char* message); /* the same as fail() without retry */
} reeve_context_v1;

/* What a plugin is. */
typedef struct reeve_plugin_v1_description {
  uint32_t abi;  /* REEVE_PLUGIN_ABI */
  uint32_t size; /* sizeof(reeve_plugin_v1_description) */
  const char* name; /* for messages and logs */

  /* May be null. Answers 0, or anything else when the plugin cannot work; then `problem` (NUL at its end, `bytes` in all) says why, close() is not
     called, and the next task tries again. */
  int (*init)(char* problem, size_t bytes);
  void (*close)(void); /* may be null */

  /* Runs one attempt. Answers 0: what was said with result(), fail() or reject() stands; nothing said is a success without a result. Anything else
     is a failure ("plugin"), unless fail() or reject() has said more. After a stop a success counts; everything else is then the stop. No exception
     and no longjmp may leave it. */
  int (*run)(const reeve_context_v1* context);
} reeve_plugin_v1_description;

/* The one symbol of a plugin. Called once, when the library has been loaded; must not answer null. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const reeve_plugin_v1_description* reeve_plugin_v1(void);

#ifdef __cplusplus
}
#endif

#endif
