//! The mailer of `docs/notifications.md`, with a mail server that keeps what it receives.

use std::{
    process::{Child, Command},
    sync::{Arc, Mutex},
};

use session_authority::{
    api::{GetQueueStatsRequest, NotificationContact},
    domain::CallerRole,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{
    CHROME, CreateRequest, DAY, ENABLED, IPHONE, LINKS, LISTEN, TWO_COUNTRIES, TestService, eventually, login_from,
    path,
};
use crate::service::{callers::KeyRing, pages::Browser};

/// A mail as it was received, with its lines joined by line feeds.
#[derive(Clone, Debug)]
struct ReceivedMail {
    recipient: String,
    text: String,
}

/// A mail server on a free port. It ends with its value.
struct MailServer {
    address: String,
    mails: Arc<Mutex<Vec<ReceivedMail>>>,
    _task: JoinSet<()>,
}

impl MailServer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let mails = Arc::<Mutex<Vec<ReceivedMail>>>::default();
        let (mut task, received) = (JoinSet::new(), Arc::clone(&mails));
        task.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = receive(stream, &received).await;
            }
        });
        Self { address, mails, _task: task }
    }

    fn mails(&self) -> Vec<ReceivedMail> {
        self.mails.lock().expect("mails").clone()
    }
}

/// Serves one connection (RFC 5321), without extensions.
async fn receive(stream: TcpStream, mails: &Mutex<Vec<ReceivedMail>>) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 localhost\r\n").await?;
    let (mut recipient, mut content) = (String::new(), None::<String>);
    while let Some(line) = lines.next_line().await? {
        let response = match (&mut content, line.to_ascii_lowercase().as_str()) {
            (Some(text), ".") => {
                let text = std::mem::take(text);
                mails.lock().expect("mails").push(ReceivedMail { recipient: recipient.clone(), text });
                content = None;
                "250 accepted\r\n"
            }
            (Some(text), _) => {
                text.push_str(&line);
                text.push('\n');
                continue;
            }
            (None, "data") => {
                content = Some(String::new());
                "354 go on\r\n"
            }
            (None, "quit") => return writer.write_all(b"221 bye\r\n").await,
            (None, command) => {
                if let Some(address) = command.strip_prefix("rcpt to:") {
                    recipient = address.trim_matches(['<', '>']).to_owned();
                }
                "250 ok\r\n"
            }
        };
        writer.write_all(response.as_bytes()).await?;
    }
    Ok(())
}

/// A running mailer. It is killed on drop.
struct Mailer(Child);

impl Mailer {
    fn start(service: &TestService, key: &str, mail_server: &MailServer) -> Self {
        let document = include_str!("../../../docs/notifications.md");
        let mut programs = document.split("```python\n").filter_map(|rest| Some(rest.split_once("```")?.0));
        let program = programs.find(|program| program.contains("smtplib")).expect("a program");
        let url = format!("http://{}", service.node.http.expect("an address"));
        let mut command = Command::new("python3");
        command.args(["-c", program]).env("SMTP_SERVER", &mail_server.address);
        command.env("SESSION_AUTHORITY_URL", url).env("SESSION_AUTHORITY_API_KEY", key);
        Self(command.spawn().expect("python3; `make test-servers` installs it"))
    }
}

impl Drop for Mailer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn login(user: &str, country: &str, user_agent: &str) -> CreateRequest {
    let notify = NotificationContact { email: format!("{user}@mail.example"), locale: "en".to_owned() };
    CreateRequest { user_id: user.to_owned(), notify: Some(notify), ..login_from(country, user_agent) }
}

/// Returns the links of a mail, whose text may be quoted-printable.
fn links(mail: &ReceivedMail) -> Vec<String> {
    let text = mail.text.replace("=\n", "").replace("=3D", "=");
    let links = text.split_whitespace().filter(|word| word.starts_with("https://id.example.com/account/alerts/"));
    links.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_sends_one_message_for_each_sign_in_with_the_links_of_its_user() {
    let directory = tempfile::tempdir().expect("a directory");
    let key = KeyRing::open(&directory).add("mailer", CallerRole::Alerts, &[]);
    // The clock moves by twelve days, in which the node does not check its callers.
    let stay_valid = ("CALLERS__MAX_STALENESS", "30d");
    let service = TestService::start_in(directory, None, &[LISTEN, LINKS, TWO_COUNTRIES, ENABLED, stay_valid]).await;
    let users = ["ann", "bob"];
    for _ in 0..12 {
        service.clock.advance(DAY);
        for user in users {
            service.create(login(user, "DE", CHROME)).await.expect("a session");
        }
    }
    for user in users {
        let created = service.create(login(user, "BR", IPHONE)).await.expect("a session");
        assert!(created.alerts.len() > 1, "several findings of one sign-in");
    }

    let mail_server = MailServer::start().await;
    let _mailer = Mailer::start(&service, &key, &mail_server);
    eventually("both messages have arrived", || async { mail_server.mails().len() >= 2 }).await;
    eventually("they are acknowledged", || async {
        let stats = service.notifications().get_queue_stats(GetQueueStatsRequest::default()).await;
        let stats = stats.expect("counts").into_inner();
        (stats.waiting_count, stats.leased_count, stats.dead_count) == (0, 0, 0)
    })
    .await;
    let mut mails = mail_server.mails();
    mails.sort_by(|first, second| first.recipient.cmp(&second.recipient));
    let recipients: Vec<_> = mails.iter().map(|mail| mail.recipient.as_str()).collect();
    assert_eq!(recipients, ["ann@mail.example", "bob@mail.example"], "one for each sign-in");
    for mail in &mails {
        for header in ["Subject: New sign-in to your account", &format!("To: {}", mail.recipient), "Message-ID: <"] {
            assert!(mail.text.contains(header), "{header} in {}", mail.text);
        }
        let links = links(mail);
        assert_eq!(links.len(), 2, "{}", mail.text);
        let browser = Browser::new(&service);
        for link in &links {
            assert_eq!(browser.get(path(link)).await.status, 200, "{link}");
        }
    }
    assert_ne!(links(&mails[0]), links(&mails[1]));
}
