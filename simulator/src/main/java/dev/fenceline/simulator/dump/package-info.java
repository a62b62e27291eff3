/** Device core dumps: what a driver keeps of a hang, without any debugger (thread 000). */
@NullMarked
package dev.fenceline.simulator.dump;

import org.jspecify.annotations.NullMarked;
