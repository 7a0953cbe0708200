//! The plugin: the check `bank.iban`, in words for whoever fills the field in.

const contract = @import("contract.zig");
const iban = @import("iban.zig");

comptime {
    contract.checks(@This());
}

pub fn check(_: []const u8, value: []const u8, _: contract.Call) contract.Result([]const []const u8) {
    const text = contract.read([]const u8, value) orelse return findings("an IBAN is a text, such as DE89 3704 0044 0532 0130 00");
    const wrong = iban.wrong(text) orelse return .{ .ok = &.{} };
    return findings(switch (wrong) {
        .character => |character| contract.print("`{u}` does not belong in an IBAN, which has letters and digits only", .{character}),
        .beginning => "an IBAN begins with two letters for the country and two digits, such as DE89",
        .country => |country| contract.print("`{s}` is no country that has IBANs", .{country}),
        .length => |length| contract.print("an IBAN of {s} has {d} characters, and this one has {d}", .{ length.country, length.wanted, length.seen }),
        .check_digits => "the check digits do not fit: some character is mistyped, or two are swapped",
    });
}

fn findings(words: []const u8) contract.Result([]const []const u8) {
    const one = contract.memory.dupe([]const u8, &.{words}) catch @panic("out of memory");
    return .{ .ok = one };
}
