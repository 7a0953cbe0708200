//! What the task does. Plain Zig: runs in its tests and in the component.

const std = @import("std");

pub const Settings = struct { name: []const u8 };
pub const Outputs = struct { greeting: []const u8 };

pub fn greet(memory: std.mem.Allocator, settings: Settings) error{ NoName, OutOfMemory }!Outputs {
    const name = std.mem.trim(u8, settings.name, " ");
    if (name.len == 0) return error.NoName;
    return .{ .greeting = try std.fmt.allocPrint(memory, "Hello, {s}!", .{name}) };
}

test "the example holds" {
    const outputs = try greet(std.testing.allocator, .{ .name = "Ada" });
    defer std.testing.allocator.free(outputs.greeting);
    try std.testing.expectEqualStrings("Hello, Ada!", outputs.greeting);
}

test "nobody cannot be greeted" {
    try std.testing.expectError(error.NoName, greet(std.testing.allocator, .{ .name = " " }));
}
