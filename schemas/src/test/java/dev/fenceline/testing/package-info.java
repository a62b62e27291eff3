/** What the tests of several modules share. */
@NullMarked
package dev.fenceline.testing;

import org.jspecify.annotations.NullMarked;
