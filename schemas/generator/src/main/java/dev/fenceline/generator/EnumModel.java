package dev.fenceline.generator;

import java.util.List;
import org.apache.avro.Schema;

/** An enumeration of the contract; its first symbol UNKNOWN stands for "not recorded". */
record EnumModel(String name, String doc, List<String> symbols) {
    static EnumModel of(Schema schema) {
        String doc = schema.getDoc();
        if (doc == null || doc.isBlank()) {
            throw new ContractException("enum " + schema.getName() + " has no doc comment");
        }
        if (!"UNKNOWN".equals(schema.getEnumDefault()) || schema.getEnumOrdinal("UNKNOWN") != 0) {
            throw new ContractException(
                    "enum " + schema.getName() + " must start with UNKNOWN and have it as its default");
        }
        return new EnumModel(schema.getName(), doc.strip().replaceAll("\\s+", " "), schema.getEnumSymbols());
    }
}
