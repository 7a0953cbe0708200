//! The border: what Jobwright calls, and what it may be asked, as `wit/` says.
//!
//! Each call has an instance of its own, so nothing is ever freed. What is declared here and not used is not in the plugin.

const std = @import("std");

/// For settings that are read and answers that are written.
pub const memory = std.heap.wasm_allocator;

pub const Call = struct {
    job: []const u8,
    task: []const u8,
    client: []const u8,
    /// The same in every attempt.
    key: []const u8,
    attempt: u32,
    /// The journaled time in milliseconds since 1970: the only clock there is.
    now_ms: u64,
    deadline_ms: u64,
    dry_run: bool,
};

pub const FailureKind = enum(u8) { transient, busy, permanent, needs_person };

pub const Failure = struct {
    kind: FailureKind,
    /// One of the codes in `plugin.toml`.
    code: []const u8,
    /// For staff: the thing, and the next move.
    message: []const u8,
    /// A JSON pointer into the settings.
    at: ?[]const u8 = null,
    retry_after_ms: ?u64 = null,
};

pub const Effect = struct { kind: []const u8, body: []const u8 };

pub const Answer = union(enum) {
    /// The outputs, as JSON.
    done: []const u8,
    later: struct { correlation: []const u8, poll_after_ms: ?u64 = null },
};

pub const Outcome = struct { answer: Answer, effects: []const Effect = &.{}, note: ?[]const u8 = null };

pub const Found = union(enum) { happened: Outcome, did_not_happen, unknown };

/// Either what was wanted, or why not.
pub fn Result(comptime T: type) type {
    return union(enum) { ok: T, failure: Failure };
}

pub const Level = enum(u32) { debug, info, warn, @"error" };

extern "jobwright:plugin/journal@0.1.0" fn @"log"(level: u32, message: [*]const u8, message_len: usize, fields: [*]const u8, fields_len: usize) void;

/// A line of the job's timeline; `fields` is a JSON object, or empty.
pub fn say(level: Level, message: []const u8, fields: []const u8) void {
    @"log"(@intFromEnum(level), message.ptr, message.len, fields.ptr, fields.len);
}

/// Reads settings; null when they have another shape than their schema says.
pub fn read(comptime T: type, settings: []const u8) ?T {
    return std.json.parseFromSliceLeaky(T, memory, settings, .{ .ignore_unknown_fields = true }) catch null;
}

/// Writes outputs.
pub fn write(outputs: anytype) []const u8 {
    return std.json.Stringify.valueAlloc(memory, outputs, .{}) catch @panic("out of memory");
}

/// Words and values in one text.
pub fn print(comptime words: []const u8, values: anytype) []const u8 {
    return std.fmt.allocPrint(memory, words, values) catch @panic("out of memory");
}

/// Offers task types: `Plugin` has `run(name, settings, call) Result(Outcome)`, and may have `check(name, settings)
/// []const Failure`, `find` and `cancel`.
pub fn tasks(comptime Plugin: type) void {
    const exported = struct {
        fn check(name: [*]const u8, name_len: usize, settings: [*]const u8, settings_len: usize) callconv(.c) *const List {
            const wrong = if (@hasDecl(Plugin, "check")) Plugin.check(name[0..name_len], settings[0..settings_len]) else &[_]Failure{};
            return kept(List, list(FailureWire, wrong));
        }

        fn run(p0: [*]const u8, n0: usize, p1: [*]const u8, n1: usize, p2: [*]const u8, n2: usize, p3: [*]const u8, n3: usize, p4: [*]const u8, n4: usize, p5: [*]const u8, n5: usize, attempt: u32, now: u64, deadline: u64, dry_run: u32) callconv(.c) *const ResultWire(OutcomeWire) {
            const call: Call = .{ .job = p2[0..n2], .task = p3[0..n3], .client = p4[0..n4], .key = p5[0..n5], .attempt = attempt, .now_ms = now, .deadline_ms = deadline, .dry_run = dry_run != 0 };
            return result(OutcomeWire, Plugin.run(p0[0..n0], p1[0..n1], call));
        }

        fn find(p0: [*]const u8, n0: usize, p1: [*]const u8, n1: usize, p2: [*]const u8, n2: usize, p3: [*]const u8, n3: usize, p4: [*]const u8, n4: usize, p5: [*]const u8, n5: usize, attempt: u32, now: u64, deadline: u64, dry_run: u32) callconv(.c) *const ResultWire(FoundWire) {
            if (!@hasDecl(Plugin, "find")) return result(FoundWire, Result(Found){ .ok = .unknown });
            const call: Call = .{ .job = p2[0..n2], .task = p3[0..n3], .client = p4[0..n4], .key = p5[0..n5], .attempt = attempt, .now_ms = now, .deadline_ms = deadline, .dry_run = dry_run != 0 };
            return result(FoundWire, Plugin.find(p0[0..n0], p1[0..n1], call));
        }

        fn cancel(p0: [*]const u8, n0: usize, p1: [*]const u8, n1: usize, p2: [*]const u8, n2: usize, p3: [*]const u8, n3: usize, p4: [*]const u8, n4: usize, p5: [*]const u8, n5: usize, attempt: u32, now: u64, deadline: u64, dry_run: u32) callconv(.c) *const ResultWire(Nothing) {
            if (!@hasDecl(Plugin, "cancel")) return result(Nothing, Result(void){ .ok = {} });
            const call: Call = .{ .job = p2[0..n2], .task = p3[0..n3], .client = p4[0..n4], .key = p5[0..n5], .attempt = attempt, .now_ms = now, .deadline_ms = deadline, .dry_run = dry_run != 0 };
            return result(Nothing, Plugin.cancel(p0[0..n0], p1[0..n1], call));
        }
    };
    const interface = "jobwright:plugin/tasks@0.1.0#";
    @export(&exported.check, .{ .name = interface ++ "check" });
    @export(&exported.run, .{ .name = interface ++ "run" });
    @export(&exported.find, .{ .name = interface ++ "find" });
    @export(&exported.cancel, .{ .name = interface ++ "cancel" });
    @export(&realloc, .{ .name = "cabi_realloc" });
}

/// Offers checks: `Plugin` has `check(name, value, call) Result([]const []const u8)`, one sentence for each finding.
pub fn checks(comptime Plugin: type) void {
    const exported = struct {
        fn check(p0: [*]const u8, n0: usize, p1: [*]const u8, n1: usize, p2: [*]const u8, n2: usize, p3: [*]const u8, n3: usize, p4: [*]const u8, n4: usize, p5: [*]const u8, n5: usize, attempt: u32, now: u64, deadline: u64, dry_run: u32) callconv(.c) *const ResultWire(List) {
            const call: Call = .{ .job = p2[0..n2], .task = p3[0..n3], .client = p4[0..n4], .key = p5[0..n5], .attempt = attempt, .now_ms = now, .deadline_ms = deadline, .dry_run = dry_run != 0 };
            return result(List, Plugin.check(p0[0..n0], p1[0..n1], call));
        }
    };
    @export(&exported.check, .{ .name = "jobwright:plugin/checks@0.1.0#check" });
    @export(&realloc, .{ .name = "cabi_realloc" });
}

// What follows is how the component model lays these shapes out in memory: as C would.

const Text = extern struct { ptr: [*]const u8, len: usize };
const List = extern struct { ptr: ?*const anyopaque, len: usize };
const MaybeText = extern struct { some: u8, text: Text };
const MaybeU64 = extern struct { some: u8, number: u64 };
const FailureWire = extern struct { kind: u8, code: Text, message: Text, at: MaybeText, retry_after_ms: MaybeU64 };
const EffectWire = extern struct { kind: Text, body: Text };
const WaitingWire = extern struct { correlation: Text, poll_after_ms: MaybeU64 };
const AnswerWire = extern struct { tag: u8, value: extern union { done: Text, later: WaitingWire } };
const OutcomeWire = extern struct { answer: AnswerWire, effects: List, note: MaybeText };
const FoundWire = extern struct { tag: u8, outcome: OutcomeWire };
const Nothing = extern struct { nothing: u8 };

fn ResultWire(comptime T: type) type {
    return extern struct { tag: u8, value: extern union { ok: T, failure: FailureWire } };
}

fn result(comptime Wire: type, given: anytype) *const ResultWire(Wire) {
    return kept(ResultWire(Wire), switch (given) {
        .ok => |value| .{ .tag = 0, .value = .{ .ok = wire(Wire, value) } },
        .failure => |failure| .{ .tag = 1, .value = .{ .failure = wire(FailureWire, failure) } },
    });
}

fn wire(comptime Wire: type, value: anytype) Wire {
    return switch (Wire) {
        // Zig may point anywhere where nothing is; the host looks even so.
        Text => .{ .ptr = if (value.len == 0) "" else value.ptr, .len = value.len },
        List => list(Text, value),
        Nothing => .{ .nothing = 0 },
        EffectWire => .{ .kind = wire(Text, value.kind), .body = wire(Text, value.body) },
        FailureWire => .{ .kind = @intFromEnum(value.kind), .code = wire(Text, value.code), .message = wire(Text, value.message), .at = maybeText(value.at), .retry_after_ms = maybeU64(value.retry_after_ms) },
        OutcomeWire => .{ .answer = answer(value.answer), .effects = list(EffectWire, value.effects), .note = maybeText(value.note) },
        FoundWire => switch (value) {
            .happened => |outcome| .{ .tag = 0, .outcome = wire(OutcomeWire, outcome) },
            .did_not_happen => .{ .tag = 1, .outcome = undefined },
            .unknown => .{ .tag = 2, .outcome = undefined },
        },
        else => @compileError("no such shape in the contract"),
    };
}

fn answer(given: Answer) AnswerWire {
    return switch (given) {
        .done => |outputs| .{ .tag = 0, .value = .{ .done = wire(Text, outputs) } },
        .later => |waiting| .{ .tag = 1, .value = .{ .later = .{ .correlation = wire(Text, waiting.correlation), .poll_after_ms = maybeU64(waiting.poll_after_ms) } } },
    };
}

fn maybeText(given: ?[]const u8) MaybeText {
    return if (given) |text| .{ .some = 1, .text = wire(Text, text) } else .{ .some = 0, .text = undefined };
}

fn maybeU64(given: ?u64) MaybeU64 {
    return if (given) |number| .{ .some = 1, .number = number } else .{ .some = 0, .number = undefined };
}

fn list(comptime Wire: type, values: anytype) List {
    if (values.len == 0) return .{ .ptr = null, .len = 0 };
    const wires = memory.alloc(Wire, values.len) catch @panic("out of memory");
    for (wires, values) |*to, value| to.* = wire(Wire, value);
    return .{ .ptr = wires.ptr, .len = wires.len };
}

fn kept(comptime T: type, value: T) *const T {
    const place = memory.create(T) catch @panic("out of memory");
    place.* = value;
    return place;
}

/// Where the host puts what it hands over.
fn realloc(old: ?[*]u8, old_len: usize, alignment: usize, len: usize) callconv(.c) ?[*]u8 {
    const place = memory.alignedAlloc(u8, .@"8", @max(len, 1)) catch return null;
    std.debug.assert(alignment <= 8);
    if (old) |bytes| @memcpy(place[0..@min(old_len, len)], bytes[0..@min(old_len, len)]);
    return place.ptr;
}
