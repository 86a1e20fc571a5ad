/// What people write in the place of a zone's name, and the zone that has the clock they mean.
enum ZoneAdvice {
    /// Of an abbreviation; several where it has several meanings.
    ///
    /// - Parameter name: in capitals.
    static func zones(of name: String) -> [String] { abbreviations[name] ?? [] }

    /// Of a place that isn't a zone's name itself, or isn't any more.
    ///
    /// - Parameter name: in small letters, with `_` between words.
    static func zone(ofPlace name: String) -> String? { places[name] }

    private static let abbreviations: [String: [String]] = [
        "PST": ["America/Los_Angeles"], "PDT": ["America/Los_Angeles"],
        "PT": ["America/Los_Angeles"], "MST": ["America/Denver", "America/Phoenix"],
        "MDT": ["America/Denver"], "MT": ["America/Denver"],
        "CST": ["America/Chicago", "Asia/Shanghai"], "CDT": ["America/Chicago"],
        "CT": ["America/Chicago"], "EST": ["America/New_York"], "EDT": ["America/New_York"],
        "ET": ["America/New_York"], "AKST": ["America/Anchorage"], "AKDT": ["America/Anchorage"],
        "HST": ["Pacific/Honolulu"], "HDT": ["Pacific/Honolulu"],
        "AST": ["America/Halifax", "Asia/Riyadh"], "ADT": ["America/Halifax"],
        "NST": ["America/St_Johns"], "NDT": ["America/St_Johns"], "BRT": ["America/Sao_Paulo"],
        "ART": ["America/Argentina/Buenos_Aires"], "CLT": ["America/Santiago"],
        "CLST": ["America/Santiago"], "COT": ["America/Bogota"], "PET": ["America/Lima"],
        "WET": ["Europe/Lisbon"], "WEST": ["Europe/Lisbon"], "BST": ["Europe/London"],
        "CET": ["Europe/Berlin", "Europe/Paris"], "CEST": ["Europe/Berlin", "Europe/Paris"],
        "MET": ["Europe/Berlin", "Europe/Paris"], "MEST": ["Europe/Berlin", "Europe/Paris"],
        "MEZ": ["Europe/Berlin"], "MESZ": ["Europe/Berlin"],
        "EET": ["Europe/Athens", "Europe/Helsinki"], "EEST": ["Europe/Athens", "Europe/Helsinki"],
        "MSK": ["Europe/Moscow"], "TRT": ["Europe/Istanbul"],
        "IST": ["Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"], "IDT": ["Asia/Jerusalem"],
        "PKT": ["Asia/Karachi"], "GST": ["Asia/Dubai"], "ICT": ["Asia/Bangkok"],
        "WIB": ["Asia/Jakarta"], "SGT": ["Asia/Singapore"], "HKT": ["Asia/Hong_Kong"],
        "PHT": ["Asia/Manila"], "JST": ["Asia/Tokyo"], "KST": ["Asia/Seoul"],
        "AWST": ["Australia/Perth"], "ACST": ["Australia/Adelaide", "Australia/Darwin"],
        "ACDT": ["Australia/Adelaide"], "AEST": ["Australia/Sydney", "Australia/Brisbane"],
        "AEDT": ["Australia/Sydney"], "NZST": ["Pacific/Auckland"], "NZDT": ["Pacific/Auckland"],
        "SAST": ["Africa/Johannesburg"], "CAT": ["Africa/Maputo"], "EAT": ["Africa/Nairobi"],
        "WAT": ["Africa/Lagos"],
    ]

    private static let places = [
        "z": "UTC",
        "us/eastern": "America/New_York", "us/central": "America/Chicago",
        "us/mountain": "America/Denver", "us/pacific": "America/Los_Angeles",
        "us/alaska": "America/Anchorage", "us/hawaii": "Pacific/Honolulu",
        "us/arizona": "America/Phoenix", "us/michigan": "America/Detroit",
        "canada/eastern": "America/Toronto", "canada/central": "America/Winnipeg",
        "canada/mountain": "America/Edmonton", "canada/pacific": "America/Vancouver",
        "eastern": "America/New_York", "central": "America/Chicago", "mountain": "America/Denver",
        "pacific": "America/Los_Angeles", "washington": "America/New_York",
        "boston": "America/New_York", "miami": "America/New_York", "atlanta": "America/New_York",
        "philadelphia": "America/New_York", "houston": "America/Chicago",
        "dallas": "America/Chicago", "austin": "America/Chicago",
        "san_francisco": "America/Los_Angeles", "seattle": "America/Los_Angeles",
        "portland": "America/Los_Angeles", "san_diego": "America/Los_Angeles",
        "las_vegas": "America/Los_Angeles", "montreal": "America/Toronto",
        "ottawa": "America/Toronto", "calgary": "America/Edmonton",
        "rio_de_janeiro": "America/Sao_Paulo", "brasilia": "America/Sao_Paulo",
        "buenos_aires": "America/Argentina/Buenos_Aires", "uk": "Europe/London",
        "england": "Europe/London", "edinburgh": "Europe/London", "ireland": "Europe/Dublin",
        "france": "Europe/Paris", "lyon": "Europe/Paris", "germany": "Europe/Berlin",
        "munich": "Europe/Berlin", "hamburg": "Europe/Berlin", "frankfurt": "Europe/Berlin",
        "cologne": "Europe/Berlin", "bonn": "Europe/Berlin", "spain": "Europe/Madrid",
        "barcelona": "Europe/Madrid", "italy": "Europe/Rome", "milan": "Europe/Rome",
        "switzerland": "Europe/Zurich", "bern": "Europe/Zurich", "geneva": "Europe/Zurich",
        "netherlands": "Europe/Amsterdam", "sweden": "Europe/Stockholm", "norway": "Europe/Oslo",
        "kiev": "Europe/Kyiv", "saint_petersburg": "Europe/Moscow", "ankara": "Europe/Istanbul",
        "india": "Asia/Kolkata", "calcutta": "Asia/Kolkata", "mumbai": "Asia/Kolkata",
        "bombay": "Asia/Kolkata", "delhi": "Asia/Kolkata", "new_delhi": "Asia/Kolkata",
        "bangalore": "Asia/Kolkata", "bengaluru": "Asia/Kolkata", "chennai": "Asia/Kolkata",
        "hyderabad": "Asia/Kolkata", "pune": "Asia/Kolkata", "china": "Asia/Shanghai",
        "beijing": "Asia/Shanghai", "shenzhen": "Asia/Shanghai", "korea": "Asia/Seoul",
        "osaka": "Asia/Tokyo", "saigon": "Asia/Ho_Chi_Minh", "rangoon": "Asia/Yangon",
        "katmandu": "Asia/Kathmandu", "abu_dhabi": "Asia/Dubai", "islamabad": "Asia/Karachi",
        "tel_aviv": "Asia/Jerusalem", "iraq": "Asia/Baghdad", "canberra": "Australia/Sydney",
        "wellington": "Pacific/Auckland", "new_zealand": "Pacific/Auckland",
        "cape_town": "Africa/Johannesburg", "pretoria": "Africa/Johannesburg",
    ]
}

/// A distance from UTC as people write it: `UTC+2`, `GMT-05:00`, `+0530`. What is ahead of UTC, to the east, has
/// the plus sign.
struct WrittenOffset {
    /// Ahead of UTC.
    let minutes: Int

    /// nil for anything else. `Etc/GMT+2` isn't one: its sign is the other way round.
    init?(_ name: String) {
        var text = name.filter { $0 != " " && $0 != "\t" }.uppercased()[...]
        for prefix in ["ETC/UTC", "UTC", "GMT", "Z"] where text.hasPrefix(prefix) {
            text = text.dropFirst(prefix.count)
            break
        }
        let isEast = text.first == "+"
        guard isEast || text.first == "-" || text.first == "\u{2212}" else { return nil }
        let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        var figures = parts.map(String.init)
        if figures.count == 1, figures[0].count > 2 {
            figures = [String(figures[0].dropLast(2)), String(figures[0].suffix(2))]
        }
        guard (1...2).contains(figures.count), figures.allSatisfy({ Word($0).isNumber }),
            let hours = Word(figures[0]).number,
            let rest = figures.count == 2 ? Word(figures[1]).number : 0, hours < 100, rest < 60
        else { return nil }
        minutes = (isEast ? 1 : -1) * (hours * 60 + rest)
    }

    /// The zone with this distance the whole year; nil if there is none.
    var zone: String? {
        if minutes == 0 { return "UTC" }
        guard minutes % 60 == 0 else { return WrittenOffset.odd[minutes] }
        let hours = minutes / 60
        guard (-12...14).contains(hours) else { return nil }
        return "Etc/GMT\(hours > 0 ? "-" : "+")\(abs(hours))"
    }

    /// Places without summer time whose distance isn't in whole hours.
    private static let odd = [
        210: "Asia/Tehran", 270: "Asia/Kabul", 330: "Asia/Kolkata", 345: "Asia/Kathmandu",
        390: "Asia/Yangon", 525: "Australia/Eucla", 570: "Australia/Darwin",
        -570: "Pacific/Marquesas",
    ]
}
