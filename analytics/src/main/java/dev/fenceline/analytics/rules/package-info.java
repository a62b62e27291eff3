/** The rules: a package for each family, a file for each rule, and their catalogue. */
@NullMarked
package dev.fenceline.analytics.rules;

import org.jspecify.annotations.NullMarked;
