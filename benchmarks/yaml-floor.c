// The floor of loading: libyaml's events of a file and nothing done with them. What a loader takes beyond this is its own doing.
//   yaml-floor FILE
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

int main(int argc, char **argv) {
  if (argc != 2) return fprintf(stderr, "usage: yaml-floor FILE\n"), 2;
  FILE *file = fopen(argv[1], "rb");
  if (!file) return perror(argv[1]), 1;
  yaml_parser_t parser;
  yaml_event_t event;
  if (!yaml_parser_initialize(&parser)) return 1;
  yaml_parser_set_input_file(&parser, file);
  for (int done = 0; !done;) {
    if (!yaml_parser_parse(&parser, &event)) return fprintf(stderr, "%s: %s\n", argv[1], parser.problem), 1;
    done = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
  fclose(file);
  return 0;
}
