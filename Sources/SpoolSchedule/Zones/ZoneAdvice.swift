/// Words that people write in the place of a zone's name, and the zone that has the clock they mean.
enum ZoneAdvice {
    /// Of an abbreviation; several if it has several meanings.
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

    private static let places: [String: String] = {
        var places: [String: String] = [:]
        for (zone, names) in placesByZone {
            for name in names.split(separator: " ") { places[String(name)] = zone }
        }
        return places
    }()

    private static let placesByZone = [
        "UTC": "z",
        "America/New_York": "us/eastern eastern washington boston miami atlanta philadelphia",
        "America/Chicago": "us/central central houston dallas austin",
        "America/Denver": "us/mountain mountain",
        "America/Los_Angeles":
            "us/pacific pacific san_francisco seattle portland san_diego las_vegas",
        "America/Anchorage": "us/alaska",
        "Pacific/Honolulu": "us/hawaii",
        "America/Phoenix": "us/arizona",
        "America/Detroit": "us/michigan",
        "America/Toronto": "canada/eastern montreal ottawa",
        "America/Winnipeg": "canada/central",
        "America/Edmonton": "canada/mountain calgary",
        "America/Vancouver": "canada/pacific",
        "America/Sao_Paulo": "rio_de_janeiro brasilia",
        "America/Argentina/Buenos_Aires": "buenos_aires",
        "Europe/London": "uk england edinburgh",
        "Europe/Dublin": "ireland",
        "Europe/Paris": "france lyon",
        "Europe/Berlin": "germany munich hamburg frankfurt cologne bonn",
        "Europe/Madrid": "spain barcelona",
        "Europe/Rome": "italy milan",
        "Europe/Zurich": "switzerland bern geneva",
        "Europe/Amsterdam": "netherlands",
        "Europe/Stockholm": "sweden",
        "Europe/Oslo": "norway",
        "Europe/Kyiv": "kiev",
        "Europe/Moscow": "saint_petersburg",
        "Europe/Istanbul": "ankara",
        "Asia/Kolkata":
            "india calcutta mumbai bombay delhi new_delhi bangalore bengaluru chennai "
            + "hyderabad pune",
        "Asia/Shanghai": "china beijing shenzhen",
        "Asia/Seoul": "korea",
        "Asia/Tokyo": "osaka",
        "Asia/Ho_Chi_Minh": "saigon",
        "Asia/Yangon": "rangoon",
        "Asia/Kathmandu": "katmandu",
        "Asia/Dubai": "abu_dhabi",
        "Asia/Karachi": "islamabad",
        "Asia/Jerusalem": "tel_aviv",
        "Asia/Baghdad": "iraq",
        "Australia/Sydney": "canberra",
        "Pacific/Auckland": "wellington new_zealand",
        "Africa/Johannesburg": "cape_town pretoria",
    ]
}

/// A distance from UTC as people write it: `UTC+2`, `GMT-05:00`, `+0530`. A clock ahead of UTC, to the east, has the
/// plus sign.
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
        guard (1...2).contains(figures.count), figures.allSatisfy({ Token($0).isNumber }),
            let hours = Token(figures[0]).number,
            let rest = figures.count == 2 ? Token(figures[1]).number : 0, hours < 100, rest < 60
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
