@NullMarked
package dev.fenceline.stack;

import org.jspecify.annotations.NullMarked;
