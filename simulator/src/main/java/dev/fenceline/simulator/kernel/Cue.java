package dev.fenceline.simulator.kernel;

/** Something that happens at one instant of virtual time. */
@FunctionalInterface
public interface Cue {
    /** Makes it happen; the agenda's clock shows the instant it was due. */
    void act();
}
