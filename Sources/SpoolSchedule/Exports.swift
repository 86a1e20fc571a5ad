// A program that computes schedules needs instants and lengths of time: one import is enough.
@_exported import SpoolTime
