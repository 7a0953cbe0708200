// What the task does. Plain JavaScript: runs in Node for the tests, and in the component.

export function greet({ name }) {
  if (name.trim() === "") throw failure("permanent", "no-name", "there is nobody to greet", "/name");
  return { greeting: `Hello, ${name.trim()}!` };
}

// What is thrown must be a failure as the contract has it; anything else is a crash.
export function failure(kind, code, message, at, retryAfterMs) {
  return { kind, code, message, at, retryAfterMs };
}
