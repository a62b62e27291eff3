package dev.fenceline.simulator.kernel;

/**
 * The one place where a fault makes a code path differ from the kernel's. The path that owns it asks {@link Kernel#deviates}.
 *
 * @param name kebab-case, says what goes wrong; the name of the fault
 * @param strikes how often it strikes in a run: more than once where chance may heal what it broke before anybody sees it
 */
public record Deviation(String name, int strikes) {
    /** A deviation that strikes once. */
    public Deviation(String name) {
        this(name, 1);
    }
}
