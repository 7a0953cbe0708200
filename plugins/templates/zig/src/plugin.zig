//! The plugin: the task type `{{type}}`. `settings` is a JSON text.

const contract = @import("contract.zig");
const greeting = @import("greet.zig");

comptime {
    contract.tasks(@This());
}

pub fn run(_: []const u8, settings: []const u8, _: contract.Call) contract.Result(contract.Outcome) {
    const read = contract.read(greeting.Settings, settings) orelse return failed("the settings have another shape");
    const outputs = greeting.greet(contract.memory, read) catch return failed("there is nobody to greet");
    contract.say(.info, outputs.greeting, "");
    return .{ .ok = .{ .answer = .{ .done = contract.write(outputs) } } };
}

fn failed(message: []const u8) contract.Result(contract.Outcome) {
    return .{ .failure = .{ .kind = .permanent, .code = "no-name", .message = message, .at = "/name" } };
}
