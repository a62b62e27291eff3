package dev.fenceline.simulator.mm;

import org.jspecify.annotations.Nullable;

/**
 * One incarnation of a page frame, from its allocation to its free.
 *
 * @param id the incarnation, never used again
 * @param frame the frame, used again and again
 * @param device whose memory it is, if it is device-private: the CPU cannot reach it; null for system memory
 */
public record Page(long id, long frame, @Nullable DeviceMemory device) {}
