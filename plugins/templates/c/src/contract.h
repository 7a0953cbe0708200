// The border: what Jobwright calls, and what it may be asked, as wit/ says. Included once, by plugin.c.
//
// Freestanding: no C library. Each call has an instance of its own, so nothing is ever freed. The shapes below are laid out
// as the component model wants them, which is as C does; the assertions at their end hold it to that.

#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct { const char *at; size_t length; } Text;
typedef struct { const void *at; size_t length; } List;
typedef struct { bool some; Text text; } MaybeText;
typedef struct { bool some; uint64_t number; } MaybeNumber;

typedef enum { TRANSIENT, BUSY, PERMANENT, NEEDS_PERSON } FailureKind;
typedef struct { uint8_t kind; Text code, message; MaybeText at; MaybeNumber retry_after_ms; } Failure;
typedef struct { Text kind, body; } Effect;
typedef struct { Text correlation; MaybeNumber poll_after_ms; } Waiting;
typedef struct { bool is_later; union { Text done; Waiting later; }; } Answer;
typedef struct { Answer answer; List effects; MaybeText note; } Outcome;

// `now_ms` is the only clock there is; `key` is the same in every attempt.
typedef struct { Text job, task, client, key; uint32_t attempt; uint64_t now_ms, deadline_ms; bool dry_run; } Call;

typedef struct { bool failed; union { Outcome outcome; Failure failure; }; } Ran;
enum { HAPPENED, DID_NOT_HAPPEN, UNKNOWN };
typedef struct { bool failed; union { struct { uint8_t tag; Outcome outcome; } found; Failure failure; }; } Looked;
typedef struct { bool failed; Failure failure; } Cancelled;

_Static_assert(sizeof(Failure) == 48 && sizeof(Outcome) == 56 && sizeof(Ran) == 64, "laid out as the contract has it");
_Static_assert(sizeof(Looked) == 72 && sizeof(Cancelled) == 56 && sizeof(Effect) == 16, "laid out as the contract has it");

#define T(words) ((Text){ (words), sizeof(words) - 1 })
#define SOME(words) ((MaybeText){ true, T(words) })
#define NONE ((MaybeText){ false, { "", 0 } })

// What plugin.c writes: the task of this name, with its settings as a JSON text.
static Ran run(Text name, Text settings, const Call *call);

// --- Memory: it grows, and is gone with the call.

extern char __heap_base;
static size_t heap_end = 0;

static void *place(size_t length) {
  if (heap_end == 0) heap_end = (size_t)&__heap_base;
  size_t at = (heap_end + 7) & ~(size_t)7;
  heap_end = at + length;
  size_t pages = (heap_end + 65535) / 65536, have = __builtin_wasm_memory_size(0);
  if (pages > have && __builtin_wasm_memory_grow(0, pages - have) == (size_t)-1) __builtin_trap();
  return (void *)at;
}

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(const char *old, size_t old_length, size_t align, size_t length) {
  (void)align; // 8 at most, which is what place() gives
  char *to = place(length);
  for (size_t i = 0; i < old_length && i < length; i++) to[i] = old[i];
  return to;
}

#define KEPT(type, value) ({ type *kept_ = place(sizeof(type)); *kept_ = (value); kept_; })

// --- Text and JSON.

static inline Text join(Text a, Text b, Text c) {
  char *to = place(a.length + b.length + c.length), *end = to;
  for (size_t i = 0; i < a.length; i++) *end++ = a.at[i];
  for (size_t i = 0; i < b.length; i++) *end++ = b.at[i];
  for (size_t i = 0; i < c.length; i++) *end++ = c.at[i];
  return (Text){ to, (size_t)(end - to) };
}

static inline bool same(Text a, Text b) {
  if (a.length != b.length) return false;
  for (size_t i = 0; i < a.length; i++)
    if (a.at[i] != b.at[i]) return false;
  return true;
}

// The text under a key of a JSON object, escapes and all, so that it can stand in another JSON text as it is.
// Empty when there is none.
static inline Text json_text(Text object, Text key) {
  int depth = 0;
  bool under_key = false;
  for (size_t i = 0; i < object.length; i++) {
    char c = object.at[i];
    if (c == '{' || c == '[') depth++;
    if (c == '}' || c == ']') depth--;
    if (c == ',' && depth == 1) under_key = false;
    if (c != '"') continue;
    size_t from = ++i;
    while (i < object.length && object.at[i] != '"') i += object.at[i] == '\\' ? 2 : 1;
    Text text = { object.at + from, i - from };
    size_t next = i + 1;
    while (next < object.length && (object.at[next] == ' ' || object.at[next] == '\n' || object.at[next] == '\t')) next++;
    bool is_key = next < object.length && object.at[next] == ':';
    if (depth == 1 && is_key) under_key = same(text, key);
    if (depth == 1 && !is_key && under_key) return text;
  }
  return T("");
}

// --- Answers.

static inline Ran done(Text outputs) {
  return (Ran){ .outcome = { .answer = { .done = outputs }, .note = NONE } };
}

static inline Ran failed(FailureKind kind, Text code, Text message, MaybeText at) {
  return (Ran){ .failed = true, .failure = { .kind = (uint8_t)kind, .code = code, .message = message, .at = at } };
}

// --- Asking the engine. What is not called is not in the plugin.

typedef enum { DEBUG, INFO, WARN, ERROR } Level;

__attribute__((import_module("jobwright:plugin/journal@0.1.0"), import_name("log"))) void
journal_log(uint32_t level, const char *message, size_t message_length, const char *fields, size_t fields_length);

// A line of the job's timeline; `fields` is a JSON object, or empty.
static inline void say(Level level, Text message, Text fields) {
  journal_log(level, message.at, message.length, fields.at, fields.length);
}

// --- What the engine calls.

#define TASKS(name) __attribute__((export_name("jobwright:plugin/tasks@0.1.0#" name)))
#define CALL_PARAMETERS                                                                                                  \
  const char *name, size_t name_length, const char *settings, size_t settings_length, const char *job, size_t job_length, \
      const char *task, size_t task_length, const char *client, size_t client_length, const char *key, size_t key_length, \
      uint32_t attempt, uint64_t now_ms, uint64_t deadline_ms, uint32_t dry_run

// What the schema of the settings can't say: a list of failures, here none.
TASKS("check") const List *tasks_check(const char *name, size_t name_length, const char *settings, size_t settings_length) {
  (void)name, (void)name_length, (void)settings, (void)settings_length;
  return KEPT(List, ((List){ 0, 0 }));
}

TASKS("run") const Ran *tasks_run(CALL_PARAMETERS) {
  Call call = { { job, job_length }, { task, task_length }, { client, client_length }, { key, key_length },
                attempt, now_ms, deadline_ms, dry_run != 0 };
  return KEPT(Ran, run((Text){ name, name_length }, (Text){ settings, settings_length }, &call));
}

#define UNUSED                                                                                                       \
  (void)name, (void)name_length, (void)settings, (void)settings_length, (void)job, (void)job_length, (void)task,      \
      (void)task_length, (void)client, (void)client_length, (void)key, (void)key_length, (void)attempt, (void)now_ms, \
      (void)deadline_ms, (void)dry_run

// What became of an attempt whose end nobody knows: a person decides.
TASKS("find") const Looked *tasks_find(CALL_PARAMETERS) {
  UNUSED;
  Looked *looked = place(sizeof(Looked));
  looked->failed = false;
  looked->found.tag = UNKNOWN;
  return looked;
}

TASKS("cancel") const Cancelled *tasks_cancel(CALL_PARAMETERS) {
  UNUSED;
  Cancelled *cancelled = place(sizeof(Cancelled));
  cancelled->failed = false;
  return cancelled;
}
