package dev.fenceline.simulator;

import dev.fenceline.simulator.workload.World;
import java.util.function.Consumer;

/**
 * Somebody who takes part in a scenario.
 *
 * @param name the name of the process
 * @param role what it does, in a phrase
 * @param enters lets it begin in a world
 */
public record Actor(String name, String role, Consumer<World> enters) {}
