extension CivilDate {
    /// The first day of a month, in days since 1970-01-01.
    static func firstDay(of month: Int, year: Int) -> Int {
        // As `daysSinceEpoch`: years begin in March, in eras of 400 years of 146,097 days.
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.floored(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }

    /// The weekday of a day counted from 1970-01-01, which was a Thursday: 0 for Sunday to 6 for
    /// Saturday.
    static func weekday(ofDay day: Int) -> Int {
        let remainder = (day + 4) % 7
        return remainder < 0 ? remainder + 7 : remainder
    }
}
