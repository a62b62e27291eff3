/** The drivers that the model can be, each with a release of Linux: facts, no behaviour. */
@NullMarked
package dev.fenceline.simulator.driver;

import org.jspecify.annotations.NullMarked;
