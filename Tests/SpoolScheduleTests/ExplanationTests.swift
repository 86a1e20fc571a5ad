import SpoolSchedule
import Testing

@Suite struct ExplanationTests {
    @Test(arguments: [
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 minutes"),
        ("*/70 * * * *", "every hour"),
        ("@hourly", "every hour"),
        ("5 * * * *", "at minute 5 of every hour"),
        ("0,20,47 * * * *", "at minutes 0, 20 and 47 of every hour"),
        ("0 */2 * * *", "every 2 hours"),
        ("17 */2 * * *", "every 2 hours at minute 17"),
        ("30 */6 * * *", "at 00:30, 06:30, 12:30 and 18:30 every day"),
        ("*/15 9-17 * * mon-fri", "every 15 minutes from 09:00 to 17:45 on weekdays"),
        ("1,2,3,4 1,5,9 * * *", "at minutes 1 to 4 of hours 1, 5 and 9 every day"),
        ("10,40 */4 * * *", "at minutes 10 and 40 of every 4th hour every day"),
        ("@daily", "at 00:00 every day"),
        ("30 2 * * 1-5", "at 02:30 on weekdays"),
        ("0 9,17 * * 0,6", "at 09:00 and 17:00 on weekends"),
        ("0 0 * * 1,2,6", "at 00:00 on Mondays, Tuesdays and Saturdays"),
        ("0 0 * * 5-7", "at 00:00 on Friday to Sunday"),
        ("0 0 1,15 * *", "at 00:00 on the 1st and 15th of every month"),
        ("0 0 22,23 11 *", "at 00:00 on the 22nd and 23rd of November"),
        (
            "0 0 1-5,10 jan-mar,6 *",
            "at 00:00 on the 1st to 5th and 10th of January to March and June"
        ),
        ("0 0 * 2 *", "at 00:00 every day in February"),
        ("0 0 LW * *", "at 00:00 on the last working day of every month"),
        ("15 10 L 12 *", "at 10:15 on the last day of December"),
        ("0 12 31W 10 *", "at 12:00 on the working day nearest the 31st of October"),
        ("0 9 * * 1#2", "at 09:00 on the 2nd Monday of every month"),
        ("0 0 * 7 5L", "at 00:00 on the last Friday of July"),
        ("0 0 13 * 5", "at 00:00 on the 13th of every month and on Fridays"),
        ("0 0 13 7 fri", "at 00:00 on the 13th of July and on Fridays in July"),
        ("0 0 */2 * 1", "at 00:00 on every odd day of every month, when that is a Monday"),
        ("@every 90s", "every 1m30s, counted from when it was first seen"),
        ("@at 2026-12-24T18:00", "once, at 18:00 on 2026-12-24"),
        ("@reboot", "once after each boot"),
    ])
    func fiveFields(_ text: String, _ explanation: String) throws {
        #expect(try CronExpression(text).explanation == explanation)
    }

    @Test(arguments: [
        ("*/20 * * * * *", "every 20 seconds"),
        ("* * * * * *", "every second"),
        ("7 * * * * *", "at second 7 of every minute"),
        ("0 30 2 * * *", "at 02:30 every day"),
        ("15 30 2 * * *", "at 02:30:15 every day"),
    ])
    func sixFields(_ text: String, _ explanation: String) throws {
        let options = CronExpression.Options(seconds: true)
        #expect(try CronExpression(text, options: options).explanation == explanation)
    }

    @Test func theZoneIsNamedWhereItMatters() throws {
        let paris = try zone("Europe/Paris")
        let weekdays = Schedule(try CronExpression("30 2 * * 1-5"), in: paris)
        #expect(weekdays.explanation == "at 02:30 on weekdays, Europe/Paris")
        let often = Schedule(try CronExpression("@every 1h"), in: paris)
        #expect(often.explanation == "every 1h, counted from when it was first seen")
    }
}
