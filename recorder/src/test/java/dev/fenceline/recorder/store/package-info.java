@NullMarked
package dev.fenceline.recorder.store;

import org.jspecify.annotations.NullMarked;
