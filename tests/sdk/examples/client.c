/* Tell the box what was watched: C, plain sockets, no library.
 * cc -Wall -Wextra -o client client.c && ./client SOCKET film-0014
 * Prints the answer; ends with 0 when the viewing was acknowledged. The id must have no quotes in it. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char line[1024];
    size_t have = 0;
    int box, length;

    if (argc != 3 || strlen(argv[1]) >= sizeof address.sun_path)
        return 2;
    strcpy(address.sun_path, argv[1]);
    box = socket(AF_UNIX, SOCK_STREAM, 0);
    if (box < 0 || connect(box, (struct sockaddr *)&address, sizeof address) < 0) {
        perror(argv[1]);
        return 1;
    }
    length = snprintf(line, sizeof line,
                      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"Discovery.watched\","
                      "\"params\":{\"entityId\":\"%s\",\"completed\":true}}\n", argv[2]);
    if (length >= (int)sizeof line || write(box, line, length) != length)
        return 1;
    while (have < sizeof line - 1) {                  /* an answer is one line */
        ssize_t got = read(box, line + have, sizeof line - 1 - have);
        if (got <= 0)
            break;
        have += got;
        if (line[have - 1] == '\n')
            break;
    }
    line[have] = '\0';
    fputs(line, stdout);
    close(box);
    return strstr(line, "\"result\":true") ? 0 : 1;
}
