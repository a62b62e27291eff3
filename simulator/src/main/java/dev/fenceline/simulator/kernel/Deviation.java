package dev.fenceline.simulator.kernel;

/**
 * The one place where a fault makes a code path differ from the kernel's. The path that owns it asks {@link Kernel#deviates}.
 *
 * @param name kebab-case, says what goes wrong; the name of the fault
 */
public record Deviation(String name) {}
