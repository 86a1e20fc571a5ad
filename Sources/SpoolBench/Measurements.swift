/// All that can be measured.
enum Measurements {
    /// The most telling first.
    static func all(of bench: BenchFixture) -> [Measurement] {
        let spools = FilledSpools(bench)
        let starts = StartAndSubmit(bench: bench)
        let drains = Drains(bench: bench)
        let dispatches = Dispatches(bench: bench, spools: spools)
        let backlogs = Backlogs(bench: bench, spools: spools)
        let burdens = Burdens(bench: bench)
        let outputs = Outputs(bench: bench)
        let daemons = IdleDaemons(bench: bench)
        let crontabs = Crontabs(bench: bench)
        return [
            starts.startUp, starts.submitOne, starts.submitMany, drains.drain, drains.bySlots,
            dispatches.idle, dispatches.urgent, backlogs.oneByOne, backlogs.drain, backlogs.memory,
            burdens.processorTime, ProtocolCost(bench: bench).measurement, outputs.longLines,
            outputs.shortLines, daemons.memory, daemons.wakeUps, burdens.waitingMemory,
            burdens.runningMemory, Listings(bench: bench, spools: spools).measurement,
            ManyAtOnce(bench: bench).measurement, Firing(bench: bench).measurement, crontabs.load,
            crontabs.slotDelay,
        ]
    }
}
