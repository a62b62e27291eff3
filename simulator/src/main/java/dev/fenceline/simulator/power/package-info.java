/** Devices that go to sleep when nobody uses them, and are woken by who does. */
@NullMarked
package dev.fenceline.simulator.power;

import org.jspecify.annotations.NullMarked;
