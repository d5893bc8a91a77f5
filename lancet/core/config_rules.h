/* config_rules.h - the rules between the options of a configuration */
#ifndef LANCET_CORE_CONFIG_RULES_H
#define LANCET_CORE_CONFIG_RULES_H

struct config;
struct option_problems;

/*
 * One problem for each rule that is broken, with its place and its remedy.
 * After the options have been read, and only where that went well.
 */
void config_rules(const struct config *c, struct option_problems *p);

#endif
