/** The fenceline command. */
@NullMarked
package dev.fenceline.cli;

import org.jspecify.annotations.NullMarked;
