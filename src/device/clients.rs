//! Programs that are not browsers and do not claim to be.

use super::text::leading_version;
use super::{DeviceDescription, FormFactor};

/// Returns the description of a library, tool or bot that names itself in `user_agent`.
pub(super) fn describe_client(user_agent: &str) -> Option<DeviceDescription> {
    let (name, version) =
        match_component(user_agent).or_else(|| match_first_product(user_agent)).or_else(|| match_bot(user_agent))?;
    Some(DeviceDescription {
        name: name.to_owned(),
        form_factor: FormFactor::Other,
        browser: name.to_owned(),
        browser_major: leading_version(version).to_owned(),
        os: String::new(),
        model: String::new(),
    })
}

type ProductMatch<'a> = (&'static str, &'a str);

fn match_component(user_agent: &str) -> Option<ProductMatch<'_>> {
    user_agent.split(' ').find_map(|product| match_product(COMPONENTS, product))
}

fn match_first_product(user_agent: &str) -> Option<ProductMatch<'_>> {
    match_product(PRODUCTS, user_agent.split(' ').next()?)
}

fn match_product<'a>(names: &'static [(&str, &str)], product: &'a str) -> Option<ProductMatch<'a>> {
    names.iter().find_map(|(token, name)| Some((*name, product_version(product, token)?)))
}

fn match_bot(user_agent: &str) -> Option<ProductMatch<'_>> {
    BOTS.iter().find_map(|(token, name)| {
        let at = user_agent.find(token)? + token.len();
        let version = user_agent[at..].strip_prefix('/').unwrap_or_default();
        Some((*name, version))
    })
}

/// Returns the part after the slash if `product` is `token`; empty if it has no version.
fn product_version<'a>(product: &'a str, token: &str) -> Option<&'a str> {
    let (start, rest) = product.split_at_checked(token.len())?;
    if !start.eq_ignore_ascii_case(token) {
        return None;
    }
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

/// Products recognised at any position: the gRPC libraries put the application's own product before theirs.
const COMPONENTS: &[(&str, &str)] = &[
    ("grpc-go", "gRPC client (Go)"),
    ("grpc-java-netty", "gRPC client (Java)"),
    ("grpc-java-okhttp", "gRPC client (Java)"),
    ("grpc-java-cronet", "gRPC client (Java)"),
    ("grpc-kotlin", "gRPC client (Kotlin)"),
    ("grpc-node-js", "gRPC client (Node.js)"),
    ("grpc-node", "gRPC client (Node.js)"),
    ("grpc-web-javascript", "gRPC client (web)"),
    ("grpc-python", "gRPC client (Python)"),
    ("grpc-python-asyncio", "gRPC client (Python)"),
    ("grpc-dotnet", "gRPC client (.NET)"),
    ("grpc-csharp", "gRPC client (.NET)"),
    ("grpc-c++", "gRPC client (C++)"),
    ("grpc-ruby", "gRPC client (Ruby)"),
    ("grpc-php", "gRPC client (PHP)"),
    ("grpc-swift", "gRPC client (Swift)"),
    ("grpc-objc", "gRPC client (Objective-C)"),
    ("dart-grpc", "gRPC client (Dart)"),
    ("tonic", "gRPC client (Rust)"),
    ("connect-go", "Connect client (Go)"),
    ("connect-es", "Connect client (JavaScript)"),
    ("grpcurl", "grpcurl"),
    ("aiohttp", "Python aiohttp"),
    ("WindowsPowerShell", "PowerShell"),
    ("PowerShell", "PowerShell"),
];

/// Products recognised only in first position. After an app's name they are libraries from which the app is built.
const PRODUCTS: &[(&str, &str)] = &[
    ("curl", "curl"),
    ("Wget", "Wget"),
    ("Wget2", "Wget"),
    ("HTTPie", "HTTPie"),
    ("PostmanRuntime", "Postman"),
    ("insomnia", "Insomnia"),
    ("bruno-runtime", "Bruno"),
    ("okhttp", "OkHttp"),
    ("Java", "Java HTTP client"),
    ("Java-http-client", "Java HTTP client"),
    ("Apache-HttpClient", "Apache HttpClient"),
    ("Jetty", "Jetty HTTP client"),
    ("ReactorNetty", "Reactor Netty"),
    ("Go-http-client", "Go HTTP client"),
    ("python-requests", "Python Requests"),
    ("python-httpx", "Python HTTPX"),
    ("python-urllib3", "Python urllib3"),
    ("Python-urllib", "Python urllib"),
    ("Python", "Python HTTP client"),
    ("axios", "axios"),
    ("node", "Node.js"),
    ("node-fetch", "Node.js"),
    ("undici", "Node.js"),
    ("got", "Node.js"),
    ("Bun", "Bun"),
    ("Deno", "Deno"),
    ("GuzzleHttp", "PHP Guzzle"),
    ("Symfony", "PHP Symfony"),
    ("Ruby", "Ruby HTTP client"),
    ("Faraday", "Ruby Faraday"),
    ("libwww-perl", "Perl LWP"),
    ("RestSharp", ".NET RestSharp"),
    ("Dart", "Dart HTTP client"),
    ("reqwest", "Rust reqwest"),
    ("hyper", "Rust hyper"),
    ("k6", "k6"),
    ("ApacheBench", "ApacheBench"),
    ("kube-probe", "Kubernetes probe"),
    ("Prometheus", "Prometheus"),
    ("ELB-HealthChecker", "AWS health check"),
    ("GoogleHC", "Google Cloud health check"),
    ("Envoy", "Envoy health check"),
];

/// Bots recognised anywhere in the text: they claim to be a browser first.
const BOTS: &[(&str, &str)] = &[
    ("Googlebot", "Googlebot"),
    ("bingbot", "Bingbot"),
    ("Applebot", "Applebot"),
    ("DuckDuckBot", "DuckDuckBot"),
    ("YandexBot", "YandexBot"),
    ("Baiduspider", "Baiduspider"),
    ("AhrefsBot", "AhrefsBot"),
    ("SemrushBot", "SemrushBot"),
    ("facebookexternalhit", "Facebook link preview"),
    ("Twitterbot", "Twitterbot"),
    ("LinkedInBot", "LinkedInBot"),
    ("Slackbot", "Slackbot"),
    ("Discordbot", "Discordbot"),
    ("TelegramBot", "TelegramBot"),
    ("GPTBot", "GPTBot"),
    ("ChatGPT-User", "ChatGPT"),
    ("ClaudeBot", "ClaudeBot"),
    ("CCBot", "CCBot"),
    ("UptimeRobot", "UptimeRobot"),
    ("Pingdom.com_bot", "Pingdom"),
];
