//! Measures Validate calls per second of the library and of the generated stub, alternately, against a running server.

#![expect(clippy::print_stdout, reason = "it prints its results")]

use std::{env, error::Error, time::Duration};

use session_authority_client::{
    SessionAuthority, SessionToken,
    api::{self, session_service_client::SessionServiceClient, validate_response::Outcome},
};
use tokio::{task::JoinSet, time::Instant};
use tonic::transport::{Channel, Endpoint};

const SPAN: Duration = Duration::from_millis(500);
const ROUNDS: usize = 12;

#[derive(Clone)]
enum Subject {
    Library(SessionAuthority),
    Stub(SessionServiceClient<Channel>),
}

impl Subject {
    async fn validate(&mut self, token: &SessionToken) -> bool {
        match self {
            Self::Library(authority) => authority.validate(token).await.is_ok(),
            Self::Stub(client) => {
                let mut request = tonic::Request::new(api::ValidateRequest {
                    token: token.reveal().to_owned(),
                    ..Default::default()
                });
                request.set_timeout(Duration::from_secs(1));
                let response = client.validate(request).await;
                response.is_ok_and(|response| matches!(response.into_inner().outcome, Some(Outcome::Session(_))))
            }
        }
    }

    /// Returns the number of validations per second with `parallel` at a time.
    async fn measure(&self, token: &SessionToken, parallel: usize) -> Result<f64, Box<dyn Error>> {
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for _ in 0..parallel {
            let (mut subject, token) = (self.clone(), token.clone());
            tasks.spawn(async move {
                let mut valid = 0_u32;
                while begun.elapsed() < SPAN {
                    if !subject.validate(&token).await {
                        return None;
                    }
                    valid += 1;
                }
                Some(valid)
            });
        }
        let valid = tasks.join_all().await.into_iter().sum::<Option<u32>>().ok_or("a validation failed")?;
        Ok(f64::from(valid) / begun.elapsed().as_secs_f64())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let target = env::args().nth(1).ok_or("usage: throughput HOST:PORT")?;
    let authority = SessionAuthority::builder(target.as_str()).build()?;
    let request = api::CreateRequest { user_id: "throughput".to_owned(), ..Default::default() };
    let token = authority.create(request).await?.token;
    // A connection that does not notice that its server is gone is no alternative.
    let stub = Endpoint::from_shared(format!("http://{target}"))?
        .http2_keep_alive_interval(Duration::from_secs(30))
        .keep_alive_while_idle(true)
        .tcp_nodelay(true)
        .connect()
        .await?;
    let subjects = [Subject::Library(authority), Subject::Stub(SessionServiceClient::new(stub))];

    let mut results = Vec::new();
    for parallel in [1, 64] {
        let mut best = [0.0_f64; 2];
        for _ in 0..ROUNDS {
            for (subject, best) in subjects.iter().zip(&mut best) {
                *best = best.max(subject.measure(&token, parallel).await?);
            }
        }
        results.push(serde_json::json!({ "library": best[0].round(), "stub": best[1].round() }));
    }
    println!("{}", serde_json::json!({ "language": "rust", "sequential": results[0], "parallel64": results[1] }));
    Ok(())
}
