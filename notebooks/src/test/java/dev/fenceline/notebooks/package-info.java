/** Notebooks, run as a person runs them. */
@NullMarked
package dev.fenceline.notebooks;

import org.jspecify.annotations.NullMarked;
