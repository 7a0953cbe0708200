// The plugin: the task type `{{type}}`.

#include "contract.h"

static Ran run(Text name, Text settings, const Call *call) {
  (void)name, (void)call; // one task type, whose answer is the same for every call
  Text who = json_text(settings, T("name"));
  if (who.length == 0) return failed(PERMANENT, T("no-name"), T("there is nobody to greet"), SOME("/name"));
  say(INFO, join(T("greeting "), who, T("")), T(""));
  return done(join(T("{\"greeting\":\"Hello, "), who, T("!\"}")));
}
