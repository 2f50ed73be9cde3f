//! A server that speaks the protocol of Redis and does what a test says.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// The reaction to a command: an answer in the form of the protocol, or the end of the connection without an answer.
pub enum Reaction {
    Answer(String),
    Disconnect,
}

/// The server. It ends when it is dropped.
pub struct FakeServer {
    address: SocketAddr,
    commands: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl FakeServer {
    /// Starts a server that reacts to commands as `react` says, given their words. It answers by itself to the commands
    /// that a connection begins with, as a master, and to `CLUSTER SLOTS`, as the owner of every slot.
    pub async fn start(react: impl Fn(&[String]) -> Reaction + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let commands = Arc::new(Mutex::new(Vec::new()));
        let (react, seen) = (Arc::new(react), Arc::clone(&commands));
        #[expect(clippy::disallowed_methods, reason = "the task ends with the server that owns it")]
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                connections.spawn(serve(stream, address, Arc::clone(&react), Arc::clone(&seen)));
            }
        });
        Self { address, commands, task }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns how many commands with this name have arrived.
    pub fn count(&self, name: &str) -> usize {
        self.commands.lock().expect("commands").iter().filter(|command| *command == name).count()
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Returns an answer of one line, such as `+OK`.
pub fn line(text: &str) -> Reaction {
    Reaction::Answer(format!("{text}\r\n"))
}

async fn serve(
    stream: TcpStream,
    address: SocketAddr,
    react: Arc<impl Fn(&[String]) -> Reaction>,
    commands: Arc<Mutex<Vec<String>>>,
) {
    let mut stream = BufReader::new(stream);
    while let Some(words) = read_command(&mut stream).await {
        commands.lock().expect("commands").push(words[0].clone());
        let reaction = match react(&words) {
            Reaction::Answer(answer) if answer.is_empty() => default_reaction(&words, address),
            reaction => reaction,
        };
        let Reaction::Answer(answer) = reaction else { return };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The reaction of a test that leaves the command to the server.
pub fn default() -> Reaction {
    Reaction::Answer(String::new())
}

fn default_reaction(words: &[String], address: SocketAddr) -> Reaction {
    match words[0].as_str() {
        "ROLE" => line("*3\r\n$6\r\nmaster\r\n:0\r\n*0"),
        "INFO" => line("$11\r\nrole:master"),
        "CLUSTER" => {
            let host = address.ip().to_string();
            line(&format!("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n${}\r\n{host}\r\n:{}", host.len(), address.port()))
        }
        _ => line("+OK"),
    }
}

/// Reads an array of strings; `None` at the end of the connection.
async fn read_command(stream: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let count = read_length(stream, '*').await?;
    let mut words = Vec::with_capacity(count);
    for _ in 0..count {
        let mut bytes = vec![0; read_length(stream, '$').await? + 2];
        stream.read_exact(&mut bytes).await.ok()?;
        bytes.truncate(bytes.len() - 2);
        words.push(String::from_utf8(bytes).expect("text"));
    }
    Some(words)
}

async fn read_length(stream: &mut BufReader<TcpStream>, kind: char) -> Option<usize> {
    let mut text = String::new();
    stream.read_line(&mut text).await.ok()?;
    text.trim_end().strip_prefix(kind)?.parse().ok()
}
