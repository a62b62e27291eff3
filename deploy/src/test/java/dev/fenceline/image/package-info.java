@NullMarked
package dev.fenceline.image;

import org.jspecify.annotations.NullMarked;
