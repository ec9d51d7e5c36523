/*
 * Letter statistics of a text, as a plugin: a shared library whose run() is called on a thread inside the daemon.
 *
 *   {"text": "/path/to/file"}  ->  {"bytes": 1234, "lines": 20, "words": 200, "longest_word": 14, "letters": {"a": 80, ...}}
 */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <reeve_plugin.h>

struct statistics {
  unsigned long long bytes, lines, words, longest_word, letters[26];
  unsigned long long word; /* so far */
};

/* The value of "text": plain text of JSON, without escapes. A larger plugin would bring a JSON parser along. */
static int path_in(const char* payload, char* path, size_t room) {
  const char* at = strstr(payload, "\"text\"");
  at = at ? strchr(at + 6, ':') : NULL;
  at = at ? at + 1 + strspn(at + 1, " \t\r\n") : NULL;
  if (!at || *at != '"') return 0;
  const size_t length = strcspn(++at, "\"\\");
  if (at[length] != '"' || length == 0 || length >= room) return 0;
  memcpy(path, at, length);
  path[length] = '\0';
  return 1;
}

static void end_word(struct statistics* all) {
  if (all->word > 0) ++all->words;
  if (all->word > all->longest_word) all->longest_word = all->word;
  all->word = 0;
}

static void count(struct statistics* all, const unsigned char* bytes, size_t length) {
  all->bytes += length;
  for (size_t i = 0; i < length; ++i) {
    if (bytes[i] == '\n') ++all->lines;
    if (isspace(bytes[i])) end_word(all);
    else ++all->word;
    const int letter = tolower(bytes[i]);
    if (letter >= 'a' && letter <= 'z') ++all->letters[letter - 'a'];
  }
}

static void answer(const reeve_context_v1* reeve, const struct statistics* all) {
  char json[2048];
  int at = snprintf(json, sizeof json, "{\"bytes\": %llu, \"lines\": %llu, \"words\": %llu, \"longest_word\": %llu, \"letters\": {", all->bytes, all->lines,
                    all->words, all->longest_word);
  for (int i = 0; i < 26; ++i) at += snprintf(json + at, sizeof json - (size_t)at, "%s\"%c\": %llu", i ? ", " : "", 'a' + i, all->letters[i]);
  at += snprintf(json + at, sizeof json - (size_t)at, "}}");
  reeve->result(reeve->call, json, (size_t)at);
}

/* Reads it in pieces, so that it is never long before a stop is noticed. */
static int read_all(const reeve_context_v1* reeve, FILE* file, double size, struct statistics* all) {
  unsigned char piece[64 << 10];
  size_t length;
  while ((length = fread(piece, 1, sizeof piece, file)) > 0) {
    if (reeve->stop_requested(reeve->call)) return 0;
    count(all, piece, length);
    if (size > 0) reeve->progress(reeve->call, 100.0 * (double)all->bytes / size, "counting");
  }
  end_word(all);
  return !ferror(file);
}

static int run(const reeve_context_v1* reeve) {
  char path[4096];
  if (!path_in(reeve->payload(reeve->call, NULL), path, sizeof path)) {
    reeve->reject(reeve->call, "payload", "write {\"text\": \"/path/to/file\"}");
    return 0;
  }
  FILE* file = fopen(path, "rb");
  struct stat facts;
  if (!file || fstat(fileno(file), &facts) != 0) {
    char message[4300];
    snprintf(message, sizeof message, "%s: %s", path, strerror(errno));
    reeve->fail(reeve->call, "no_text", message, 1);
    if (file) fclose(file);
    return 0;
  }
  struct statistics all = {0};
  if (read_all(reeve, file, (double)facts.st_size, &all)) {
    reeve->log(reeve->call, REEVE_INFO, path);
    answer(reeve, &all);
  } else {
    reeve->fail(reeve->call, "interrupted", "stopped, or the file could not be read to its end", 1);
  }
  fclose(file);
  return 0;
}

const reeve_plugin_v1_description* reeve_plugin_v1(void) {
  static const reeve_plugin_v1_description description = {REEVE_PLUGIN_ABI, sizeof(reeve_plugin_v1_description), "letters", NULL, NULL, run};
  return &description;
}
