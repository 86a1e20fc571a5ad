// A program that queues jobs needs instants, lengths of time and schedules: one import is enough.
@_exported import SpoolSchedule
@_exported import SpoolTime
