/** A GT of a GPU, as its firmware runs it: the TLBs. */
@NullMarked
package dev.fenceline.simulator.gt;

import org.jspecify.annotations.NullMarked;
