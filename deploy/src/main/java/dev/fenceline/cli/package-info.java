/**
 * The {@code fenceline} command: one class per subcommand. Data goes to standard output, everything else to standard error; every
 * command that prints data can print it as JSON.
 */
@NullMarked
package dev.fenceline.cli;

import org.jspecify.annotations.NullMarked;
