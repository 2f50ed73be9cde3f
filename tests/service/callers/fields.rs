//! The table of fields against roles, tested over the wire.

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, Value};
use prost_types::FieldMask;
use session_authority::{
    api::{
        CreateRequest, DESCRIPTORS, GetRequest, ListRequest, RevokeAllRequest, RevokeRequest, RotateRequest, Session,
        SessionTouch, TouchRequest, UpdateRequest, UserScope, ValidateRequest, ValidateStreamRequest,
        revoke_all_request::Scope, revoke_request::Target,
    },
    authority::permissions::{REAUTHENTICATION_ROLES, UPDATE_FIELDS},
    domain::CallerRole,
    transport::grpc::methods::{METHODS, MethodSpec},
};
use tonic::{Code, Status};

use super::{KeyRing, directory, guarded};
use crate::{
    architecture::permissions::roles_for_field,
    service::fixture::{TestService, call, error_parts, id_of, login_of, signed},
};

/// A node with a caller of each role, and a session.
struct FieldsFixture {
    service: TestService,
    keys: [(CallerRole, String); CallerRole::ALL.len()],
    session: Session,
    token: String,
}

impl FieldsFixture {
    async fn start() -> Self {
        let directory = directory();
        let ring = KeyRing::open(&directory);
        let keys = CallerRole::ALL.map(|role| (role, ring.add(role.name(), role, &[])));
        let service = guarded(directory).await;
        let login = CreateRequest { assurance_level: 2, ..login_of("ann") };
        let (_, issuer) = keys.iter().find(|(role, _)| *role == CallerRole::Issuer).expect("an issuer");
        let created = service.sessions().create(signed(issuer, login)).await.expect("a session").into_inner();
        Self { service, keys, session: created.session.expect("a session"), token: created.token }
    }

    /// Returns a valid request of the method, or an empty one.
    fn request(&self, method: &MethodSpec) -> Vec<u8> {
        let (session_id, token) = (self.session.session_id.clone(), self.token.clone());
        let validate = ValidateRequest { token: token.clone(), ..ValidateRequest::default() };
        let ann = UserScope { user_id: "ann".to_owned(), ..UserScope::default() };
        match method.path.split_once('/').expect("a method").1 {
            "Create" => login_of("ben").encode_to_vec(),
            "Validate" => validate.encode_to_vec(),
            "ValidateStream" => ValidateStreamRequest { tag: 1, request: Some(validate) }.encode_to_vec(),
            "Update" => self.update(&["email"]).encode_to_vec(),
            "Rotate" => RotateRequest { token: "nonsense".to_owned(), ..RotateRequest::default() }.encode_to_vec(),
            "Get" => GetRequest { session_id, ..GetRequest::default() }.encode_to_vec(),
            "Touch" => TouchRequest { touches: vec![SessionTouch { session_id, used_at: None }] }.encode_to_vec(),
            "List" => ListRequest { user_id: "ann".to_owned(), ..ListRequest::default() }.encode_to_vec(),
            "Revoke" => {
                let target = Some(Target::Token("nonsense".to_owned()));
                RevokeRequest { target, ..RevokeRequest::default() }.encode_to_vec()
            }
            "RevokeAll" => {
                RevokeAllRequest { scope: Some(Scope::User(ann)), ..RevokeAllRequest::default() }.encode_to_vec()
            }
            _ => Vec::new(),
        }
    }

    /// Returns an update of fields to what they are already, or to less.
    fn update(&self, paths: &[&str]) -> UpdateRequest {
        UpdateRequest {
            session_id: self.session.session_id.clone(),
            session: Some(Session { assurance_level: 1, ..self.session.clone() }),
            update_mask: Some(FieldMask { paths: paths.iter().map(ToString::to_string).collect() }),
            ..UpdateRequest::default()
        }
    }
}

#[track_caller]
fn assert_permission(outcome: &Result<(), Status>, may: bool, what: &str) {
    match outcome {
        Err(status) if !may => {
            let expected = (Code::PermissionDenied, "CALLER_NOT_ALLOWED".to_owned(), vec![]);
            assert_eq!(error_parts(status), expected, "{what}: {status:?}");
        }
        Ok(()) => assert!(may, "{what} is not allowed"),
        Err(status) => assert_ne!(status.code(), Code::PermissionDenied, "{what} is allowed: {status:?}"),
    }
}

#[tokio::test]
async fn a_role_changes_the_fields_of_its_row_and_no_other() {
    let fixture = FieldsFixture::start().await;
    let update = async |key: &str, request: UpdateRequest| {
        fixture.service.sessions().update(signed(key, request)).await.map(drop)
    };
    for (role, key) in &fixture.keys {
        for (field, roles) in UPDATE_FIELDS {
            let outcome = update(key, fixture.update(&[field])).await;
            assert_eq!(outcome.is_ok(), roles.contains(role), "{role:?} {field}: {outcome:?}");
            assert_permission(&outcome, roles.contains(role), &format!("{role:?} {field}"));
        }
        let mut raise = fixture.update(&["assurance_level"]);
        raise.session.as_mut().expect("a session").assurance_level = 3;
        let outcome = update(key, raise).await;
        assert_permission(&outcome, REAUTHENTICATION_ROLES.contains(role), &format!("{role:?} raises the assurance"));
    }
}

/// Sets each field of each request in turn, in each role that may call the method.
#[tokio::test]
async fn no_role_is_refused_a_field_unless_the_table_says_so() {
    let fixture = FieldsFixture::start().await;
    let contract = DescriptorPool::decode(DESCRIPTORS).expect("descriptors");
    let (mut allowed, mut refused) = (0, 0);
    for method in METHODS.iter().filter(|method| method.path.starts_with("session.v1.")) {
        let (service, name) = method.path.split_once('/').expect("a method");
        let service = contract.get_service_by_name(service).expect("a service");
        let input = service.methods().find(|method| method.name() == name).expect("a method").input();
        for (role, key) in fixture.keys.iter().filter(|(role, _)| method.roles.contains(role)) {
            for field in input.fields() {
                let request = fixture.request(method);
                let mut message = DynamicMessage::decode(input.clone(), request.as_slice()).expect("a request");
                if !message.has_field(&field) {
                    message.set_field(&field, sample(&field));
                }
                let what = format!("{role:?} {name}.{}", field.name());
                let may = roles_for_field(method, field.name()).contains(role);
                let outcome = call(&fixture.service.channel, method.path, signed(key, message)).await;
                assert_permission(&outcome.map(drop), may, &what);
                if may { allowed += 1 } else { refused += 1 }
            }
        }
    }
    assert!(allowed > 150 && refused >= 6, "{allowed} {refused}");
}

/// Returns a value that is not the default one. It need not be valid, except for the scopes of `RevokeAll`.
fn sample(field: &FieldDescriptor) -> Value {
    let one = match field.kind() {
        Kind::String => Value::String("x".to_owned()),
        Kind::Bytes => Value::Bytes(b"x".as_slice().into()),
        Kind::Bool => Value::Bool(true),
        Kind::Enum(_) => Value::EnumNumber(1),
        Kind::Message(message) => {
            let mut sample = DynamicMessage::new(message.clone());
            for field in message.fields().filter(|field| field.kind() == Kind::String && !field.is_list()) {
                sample.set_field(&field, Value::String("x".to_owned()));
            }
            Value::Message(sample)
        }
        Kind::Uint32 => Value::U32(1),
        Kind::Uint64 => Value::U64(1),
        Kind::Int32 => Value::I32(1),
        Kind::Int64 => Value::I64(1),
        other => panic!("{} is of kind {other:?}", field.full_name()),
    };
    if field.is_list() { Value::List(vec![one]) } else { one }
}

#[tokio::test]
async fn the_address_of_a_user_is_the_one_that_its_caller_states_and_never_its_own() {
    let fixture = FieldsFixture::start().await;
    let address = |session: &Session| session.location.as_ref().map(|location| location.ip.clone()).unwrap_or_default();
    assert_eq!(address(&fixture.session), "198.51.100.7");
    let (_, issuer) = fixture.keys.iter().find(|(role, _)| *role == CallerRole::Issuer).expect("an issuer");
    let login = CreateRequest { client: None, ..login_of("ben") };
    let created = fixture.service.sessions().create(signed(issuer, login)).await.expect("a session").into_inner();
    assert_eq!(address(created.session.as_ref().expect("a session")), "", "{}", id_of(&created));
}
