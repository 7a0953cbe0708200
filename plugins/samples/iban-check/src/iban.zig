//! What makes an IBAN (ISO 13616). Plain Zig: runs in its tests and in the component.

const std = @import("std");

/// No country has longer ones.
const LENGTH_MAX = 34;

/// Countries and how long theirs are.
const lengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27" ++
    "GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20" ++
    "MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29" ++
    "VA22VG24XK20YE30";

pub const Wrong = union(enum) {
    /// Neither a letter nor a digit.
    character: u21,
    /// Not two letters and two digits first.
    beginning,
    country: [2]u8,
    length: struct { country: [2]u8, wanted: usize, seen: usize },
    check_digits,
};

/// What is wrong with it first; nothing when it is fine.
pub fn wrong(text: []const u8) ?Wrong {
    var tidy: [LENGTH_MAX]u8 = undefined;
    var seen: usize = 0;
    var characters = (std.unicode.Utf8View.init(text) catch return .beginning).iterator();
    while (characters.nextCodepoint()) |character| {
        if (character == ' ' or character == 0xa0) continue;
        if (character > 127 or !std.ascii.isAlphanumeric(@intCast(character))) return .{ .character = character };
        if (seen < LENGTH_MAX) tidy[seen] = std.ascii.toUpper(@intCast(character));
        seen += 1;
    }
    if (seen < 4 or !std.ascii.isAlphabetic(tidy[0]) or !std.ascii.isAlphabetic(tidy[1])) return .beginning;
    if (!std.ascii.isDigit(tidy[2]) or !std.ascii.isDigit(tidy[3])) return .beginning;
    const country = tidy[0..2].*;
    const wanted = lengthIn(country) orelse return .{ .country = country };
    if (seen != wanted) return .{ .length = .{ .country = country, .wanted = wanted, .seen = seen } };
    return if (remainder(tidy[0..wanted]) == 1) null else .check_digits;
}

fn lengthIn(country: [2]u8) ?usize {
    var at: usize = 0;
    while (at < lengths.len) : (at += 4) {
        if (std.mem.eql(u8, lengths[at..][0..2], &country)) return (lengths[at + 2] - '0') * 10 + (lengths[at + 3] - '0');
    }
    return null;
}

/// Of the number that it makes, its first four characters last and letters as 10 to 35, by 97.
fn remainder(iban: []const u8) u32 {
    var rest: u32 = 0;
    for (0..iban.len) |at| {
        const character = iban[(at + 4) % iban.len];
        rest = if (std.ascii.isDigit(character)) (rest * 10 + character - '0') % 97 else (rest * 100 + character - 'A' + 10) % 97;
    }
    return rest;
}

test "an IBAN that is one is fine, however it is written" {
    for ([_][]const u8{ "DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "nl91 abna 0417 1643 00", "NO93\u{a0}86011117947", "MT84MALT011000012345MTLCAST001S" }) |iban| {
        try std.testing.expectEqual(null, wrong(iban));
    }
}

test "what is wrong is told apart" {
    const expectEqual = std.testing.expectEqual;
    try expectEqual(Wrong.check_digits, wrong("DE89370400440532013001").?);
    try expectEqual(Wrong.beginning, wrong("").?);
    try expectEqual(Wrong.beginning, wrong("3704 0044").?);
    try expectEqual('-', wrong("DE89-3704").?.character);
    try expectEqual('Ä', wrong("DE89Ä").?.character);
    try expectEqual("ZZ".*, wrong("ZZ00370400440532013000").?.country);
    try expectEqual(21, wrong("DE8937040044053201300").?.length.seen);
    try expectEqual(40, wrong("DE89898989898989898989898989898989898989").?.length.seen);
}

test "each country stands there once, with a length that fits" {
    var at: usize = 0;
    while (at < lengths.len) : (at += 4) {
        const length = lengthIn(lengths[at..][0..2].*).?;
        try std.testing.expect(length >= 15 and length <= LENGTH_MAX);
        try std.testing.expect(at == 0 or std.mem.lessThan(u8, lengths[at - 4 ..][0..2], lengths[at..][0..2]));
    }
}
