package dev.fenceline.simulator.mm;

/**
 * One incarnation of a page frame, from its allocation to its free.
 *
 * @param id the incarnation, never used again
 * @param frame the frame, used again and again
 */
public record Page(long id, long frame) {}
