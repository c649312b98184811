// A hub on gorilla/websocket, built like its chat example: each connection has a goroutine that reads, one that writes,
// and a bounded channel from hub to writer. A client that does not keep up is disconnected. Knows only the frames that
// the bench needs.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/gorilla/websocket"
)

// Frames that may wait for one connection, as in the example.
const waiting = 256

type incoming struct {
	ID    *int64 `json:"id"`
	Event string `json:"event"`
	Data  struct {
		Room string          `json:"room"`
		Data json.RawMessage `json:"data"`
	} `json:"data"`
}

type from struct {
	User string `json:"user"`
}

type message struct {
	Event  string          `json:"event"`
	Room   string          `json:"room"`
	Offset int64           `json:"offset"`
	Data   json.RawMessage `json:"data"`
	From   from            `json:"from"`
}

type client struct {
	conn  *websocket.Conn
	send  chan []byte
	rooms []*room
}

type room struct {
	mutex   sync.Mutex
	members map[*client]struct{}
	offset  int64
}

type hub struct {
	mutex sync.Mutex
	rooms map[string]*room
}

func (h *hub) room(name string) *room {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	found := h.rooms[name]
	if found == nil {
		found = &room{members: map[*client]struct{}{}}
		h.rooms[name] = found
	}
	return found
}

func (r *room) join(c *client) int64 {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.members[c] = struct{}{}
	c.rooms = append(c.rooms, r)
	return r.offset
}

func (r *room) leave(c *client) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	delete(r.members, c)
}

func (r *room) publish(name string, data json.RawMessage) int64 {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.offset++
	text, _ := json.Marshal(message{"message", name, r.offset, data, from{"publisher-0"}})
	for member := range r.members {
		select {
		case member.send <- text:
		default:
			// Its reader then ends and removes it from its rooms.
			delete(r.members, member)
			member.conn.Close()
		}
	}
	return r.offset
}

func (c *client) write(ended <-chan struct{}) {
	for {
		select {
		case text := <-c.send:
			if c.conn.WriteMessage(websocket.TextMessage, text) != nil {
				c.conn.Close()
				return
			}
		case <-ended:
			return
		}
	}
}

func (c *client) read(h *hub, ended chan<- struct{}) {
	defer func() {
		close(ended)
		for _, r := range c.rooms {
			r.leave(c)
		}
		c.conn.Close()
	}()
	for {
		_, text, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		var in incoming
		if json.Unmarshal(text, &in) != nil {
			return
		}
		var offset int64
		if in.Event == "join" {
			offset = h.room(in.Data.Room).join(c)
		} else {
			offset = h.room(in.Data.Room).publish(in.Data.Room, in.Data.Data)
		}
		if in.ID != nil {
			select {
			case c.send <- []byte(fmt.Sprintf(`{"id":%d,"ok":{"offset":%d}}`, *in.ID, offset)):
			default:
				return
			}
		}
	}
}

func main() {
	h := &hub{rooms: map[string]*room{}}
	upgrader := websocket.Upgrader{Subprotocols: []string{"gatehouse.v1.json"}}
	http.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		c := &client{conn: conn, send: make(chan []byte, waiting)}
		ended := make(chan struct{})
		go c.write(ended)
		go c.read(h, ended)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("gateway   ws://%s/ws\n", listener.Addr())
	// Ends with the process that started it, which holds the other end.
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(http.Serve(listener, nil))
}
