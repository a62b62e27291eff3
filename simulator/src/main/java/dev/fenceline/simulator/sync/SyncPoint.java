package dev.fenceline.simulator.sync;

/**
 * What a submission waits for or signals.
 *
 * @param syncobj the object
 * @param point the point of its timeline, 0 if it is binary
 */
public record SyncPoint(Syncobj syncobj, long point) {}
