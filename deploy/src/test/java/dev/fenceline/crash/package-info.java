@NullMarked
package dev.fenceline.crash;

import org.jspecify.annotations.NullMarked;
