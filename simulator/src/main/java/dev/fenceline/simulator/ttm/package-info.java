/** TTM: buffer objects, where their memory lies, how it moves, and how it goes away. */
@NullMarked
package dev.fenceline.simulator.ttm;

import org.jspecify.annotations.NullMarked;
