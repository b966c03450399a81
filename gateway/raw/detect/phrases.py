"""The phrases that columns and tables are named with, in English, German, Spanish, French, Italian, Dutch, Portuguese.

Written without accents and in lower case; ``wording`` brings names into that form. General language only: no phrase is
here because one data set uses it.
"""

PHRASES = """
given_name | 0.95 | anywhere | t
    first name, given name, forename, middle name, fname, gname, christian name, preferred name, nickname, nick
    name, vorname, rufname, nombre de pila, primer nombre, segundo nombre, prenom, nome proprio, voornaam, primeiro
    nome, firstname, givenname, middlename, maternal name, mname
given_name | 0.75 | person | t | exact
    nombre, voorn, vname
family_name | 0.95 | anywhere | t
    last name, surname, family name, lname, maiden, maiden name, second name, nachname, familienname, zuname,
    geburtsname, apellido, apellido paterno, apellido materno, nom de famille, cognome, achternaam, sobrenome,
    apelido, lastname, familyname
full_name | 0.95 | anywhere | t
    full name, person name, legal name, name first, name last, name given, nombre completo, nom complet, nome
    completo, vollstandiger name, volledige naam
full_name | 0.88 | anywhere | t
    contact name, real name, account holder, cardholder, card holder, card name,
    name on card, ship name, recipient name, beneficiary, display name, screen name, signed name, emergency contact,
    next of kin, ansprechpartner, billing name,
    shipping name, deliver name, kontoinhaber, titular, titulaire,
full_name | 0.8 | person | t | exact
    name, nombre, nom, nome, naam, bezeichnung
full_name | 0.5 | linked | t
    contact, owner, attn, attention
initials | 0.8 | linked | t
    initial, middle initial, name initial, mi, initialen, iniciales
person_title | 0.75 | linked | t
    salutation, courtesy, honorific, name prefix, name suffix, anrede, tratamiento, civilite
occupation | 0.6 | person | t | exact
    title, titel
email | 0.95 | anywhere | t
    email, e mail, mail, email address, mail address, e mail address, correo, correo electronico, courriel, posta
    elettronica, emailadresse, mailadresse, adresse mail, adresse email, e post
phone | 0.93 | anywhere | tn
    phone, telephone, tel, mobile, mobil, cell, cell phone, cellphone, fax, phone number, telephone number, mobile
    number, mobile phone, contact number, phone no, whatsapp, msisdn, telefon, telefonnummer, rufnummer, handy,
    handynummer, telefono, celular, movil, portable, telefoon, telefone, cellulare, work phone, home phone,
    faxnummer, mobilnummer, telefax
phone | 0.55 | person | tn
    extension, ext, durchwahl
national_number | 0.95 | anywhere | tn
    ssn, social security, social security number, national id, national number, national insurance, nino, nhs, nhs
    number, tax id, tax number, tin, itin, identity number, id card, identity card, personal number, citizen id,
    sozialversicherungsnummer, svnr, steuernummer, steuer id, personalausweis, ausweisnummer, versichertennummer,
    krankenversichertennummer, kvnr, dni, nif, nie, curp, rfc, cedula, rut, numero de identidad, seguridad social,
    nir, numero securite sociale, securite sociale, codice fiscale, bsn, burgerservicenummer, cpf, numero utente,
    cartao cidadao, aadhaar, pesel, personnummer, birth number, cpr, medicare number, medicare, mrn, medical record
    number, health insurance number, medical record
document_number | 0.9 | anywhere | tn
    passport, passport number, passport no, driver license, driving licence, drivers license, driver licence,
    license number, licence number, visa number, reisepass, reisepassnummer, fuhrerschein, fuehrerschein, pasaporte,
    passeport, permis de conduire, passaporto, paspoort, rijbewijs, document number, documento, insurance number,
    policy number, certificate number, member number, membership number, loyalty number, frequent flyer
document_number | 0.6 | person | tn
    ticket, ticket number, ticket no, case number
vehicle | 0.85 | anywhere | t
    license plate, licence plate, number plate, plate number, vin, kennzeichen, matricula
street | 0.92 | anywhere | tn
    street, street name, street address, address line, house number, street number, strasse, hausnummer, anschrift,
    strassenname, calle, rue, numero de calle, indirizzo, straat, huisnummer, rua, morada, street line, building
    number, apartment, apt, adresszeile
street | 0.88 | anywhere | t
    address, home address, mailing address, postal address, billing address, shipping address, ship address, work
    address, residence, residential address, adresse, wohnanschrift, direccion, domicilio, domicile, adres,
    endereco, wohnadresse, addr
username | 0.9 | anywhere | t
    username, user name, login, login name, logon, user login, account name, benutzername, nombre de usuario, nom d
    utilisateur, gebruikersnaam, nome utente, handle, screenname, userid name, signum
username | 0.55 | anywhere | t
    created by, updated by, modified by, changed by, entered by, approved by, assigned to, assignee
social_account | 0.8 | anywhere | t
    twitter, facebook, linkedin, instagram, skype, github, telegram, tiktok, wechat, xing, twitter handle, icq,
    social media
password | 0.95 | anywhere | tn
    password, passwd, passphrase, password hash, hashed password, passwort, kennwort, contrasena, clave, mot de
    passe, wachtwoord, senha, pin, pin code, secret, api key, access token, auth token, security answer, secret
    answer, salt, password salt, cvv, cvc, refresh token, session token, activation key, token, private key, otp
url | 0.6 | person | t
    website, web site, homepage, home page, url, web page, webpage, blog, profile url, domain, linkedin url
ip_address | 0.92 | anywhere | t
    ip, ip address, ip addr, ipv4, ipv6, remote addr, client ip, last ip, login ip, remote host, adresse ip
device | 0.85 | anywhere | t
    mac address, imei, imsi, device id, device token, user agent, cookie id, advertising id, serial device
credit_card | 0.93 | anywhere | tn
    credit card, card number, credit card number, cc number, cc num, ccn, debit card, card no, pan, kreditkarte,
    kreditkartennummer, tarjeta, numero de tarjeta, carte bancaire, carta di credito, creditcard, cartao
credit | 0.75 | anywhere | tnd
    card expiry, cc expire, card expire, expiry month, expiry year, exp month, exp year, cc expiry, card expiration
bank_account | 0.93 | anywhere | tn
    iban, bank account, account number, bank account number, acct number, sort code, routing number, swift,
    kontonummer, bankverbindung, numero de cuenta, cuenta bancaria, numero de compte, rib, conto corrente,
    rekeningnummer, account no, konto nummer, beneficiary account, counterparty account
photo | 0.85 | linked | t
    photo, avatar, picture, portrait, selfie, headshot, profile image, foto, bild, passbild, profile pic
biometric | 0.9 | anywhere | t
    fingerprint, iris, face embedding, biometric, dna, genome, voiceprint, signature, unterschrift
bank_account | 0.6 | anywhere | tn
    account, konto, cuenta, compte, conto, rekening, conta
birth_date | 0.95 | anywhere | tnd
    birth date, date of birth, dob, birthday, birth day, born, born on, birth, birth year, year of birth, yob, birth
    month, month of birth, geburtsdatum, geburtstag, geburtsjahr, gebdat, geb datum, geboren, fecha nacimiento,
    fecha de nacimiento, nacimiento, ano nacimiento, date de naissance, date naissance, naissance, data di nascita,
    data nascita, nascita, geboortedatum, geboortejaar, data de nascimento, data nascimento, nascimento, bdate,
    birthdate, birthyear, anio nacimiento, annee de naissance
birth_place | 0.85 | anywhere | t
    birth place, place of birth, birth city, birth country, birth state, geburtsort, lugar de nacimiento, lieu de
    naissance, luogo di nascita, geboorteplaats, native country, country of birth
death_date | 0.9 | anywhere | tnd
    death date, date of death, dod, died, died on, death year, death day, todesdatum, sterbedatum, fecha de
    defuncion, date de dece, dateofdeath
age | 0.92 | anywhere | tn
    age, age year, age group, age range, age band, patient age, age at, alter, altersgruppe, lebensalter, edad,
    leeftijd, idade, age category
age | 0.7 | person | n | exact
    eta
sex | 0.95 | anywhere | tnb
    sex, gender, male, female, is male, is female, gender identity, pronoun, geschlecht, sexo, genero, sexe, genre
    personne, sesso, geslacht, gndr, sex code
marital_status | 0.95 | anywhere | tnb
    marital status, marital, civil status, married, is married, marriage status, familienstand, estado civil, etat
    civil, situation familiale, stato civile, burgerlijke staat, relationship status, divorced
family | 0.85 | linked | tnb
    relationship, family size, household size, household member, children, number of children, kid, num children,
    dependent, number of dependent, sibling, spouse, parent, relation, kinder, anzahl kinder, kinderzahl, hijo,
    enfant, nombre d enfant, figli, kinderen, filho, next of kin relation, parity, pregnancies, household type
post_code | 0.92 | linked | tn
    post code, postal code, postcode, zip, zip code, zipcode, postal, plz, postleitzahl, codigo postal, cp, code
    postal, cap, codice postale, pin code postal, cep, zip3, zip5
city | 0.88 | linked | t
    city, town, municipality, village, home town, hometown, city name, suburb, stadt, ort, wohnort, gemeinde,
    ciudad, municipio, poblacion, localidad, ville, commune, citta, comune, stad, plaats, woonplaats, cidade,
    locality, ortsteil, place of residence
region | 0.82 | linked | tn
    state, province, region, county, district, state code, state province, prefecture, canton, department name geo,
    bundesland, kanton, landkreis, kreis, bezirk, provincia, departamento, regione, provincie, estado, distrito,
    borough, census tract, metro area, territory, neighborhood, neighbourhood, state name, block group,
    barrio, quartier
country | 0.85 | linked | t
    country, country code, country name, land, staat, pais, pay, paese, nation, iso country, residence
    country
nationality | 0.88 | anywhere | tnb
    nationality, citizenship, nationalitat, staatsangehorigkeit, nacionalidad, nationalite, nazionalita,
    nationaliteit, nacionalidade, immigration status, citizen
language | 0.65 | linked | t
    language, mother tongue, native language, preferred language, muttersprache, sprache, idioma, langue, lingua,
    taal, locale
occupation | 0.88 | linked | tnb
    occupation, profession, job title, job, job role, position title, employment status, employment
    type, working hour, hour per week, work hour, position, jobtitle, beruf, berufsbezeichnung, tatigkeit,
    ocupacion, profesion, puesto, cargo, metier, professione, occupazione, beroep, functie, profissao, job name,
    career, rank, military rank, specialty, speciality, fachgebiet, industry of employment, contact title
employment | 0.65 | person | tnd
    department, dept, division, team, office, abteilung, departement, hire date, start date employment, employment
    date, termination date, eintrittsdatum, austrittsdatum, joining date, join date, hired on, tenure, years of
    service, seniority, work experience, years experience
company | 0.8 | linked | t
    company, company name, employer, employer name, organization, organisation, organization name, firma,
    arbeitgeber, empresa, entreprise, societe, employeur, azienda, bedrijf, werkgever, empregador, workplace,
    affiliation, school, school name, university, institution
education | 0.88 | linked | tnb
    education, education level, degree, highest degree, qualification, schooling, year of
    education, academic level, bildung, schulabschluss, abschluss, bildungsstand, educacion, estudio, nivel de
    estudio, diplome, niveau d etude, istruzione, titolo di studio, opleiding, escolaridade, graduation year, major,
    alma mater
coordinates | 0.8 | linked | tn
    latitude, longitude, lat, lon, lng, long, geo, geolocation, gps, geom, coordinate, geo point, lat long,
    breitengrad, langengrad
place | 0.6 | person | t
    location, place, destination, origin, address type place, cabin, room, room number, seat, ward,
    station, hospital, clinic, facility, birth hospital, parish, standort, krankenhaus, zimmer, lugar, lieu, luogo,
    admission location, discharge location
ethnicity | 0.95 | anywhere | tnb
    race, ethnicity, ethnic, ethnic group, ethnic origin, hispanic, race ethnicity, tribe, caste, skin color, skin
    colour, ethnie, etnia, raza, rasse, herkunft, etniciteit, raca
religion | 0.93 | anywhere | tnb
    religion, religious, faith, denomination, church, konfession, religione, religie, religiao, religious
    affiliation
sexuality | 0.93 | anywhere | tnb
    sexual orientation, sexuality, orientation sexual, sexuelle orientierung, orientacion sexual, lgbt, sexual
    partner
politics | 0.9 | anywhere | tnb
    political party, party affiliation, political view, political, union member, trade union, partei, partido, vote
    choice, party registration
crime | 0.88 | anywhere | tnbd
    conviction, criminal, criminal record, offense, offence, arrest, arrested, felony, charge offense, sentence,
    recidivism, is recid, vorstrafe, delito, infraction
disability | 0.9 | anywhere | tnb
    disability, disabled, handicap, impairment, behinderung, discapacidad, handicape, disabilita
diagnosis | 0.92 | linked | tnb
    diagnosis, diagnose, diagnosi, diagnostic, icd, icd code, icd10, icd9, disease, illness, condition code,
    condition name, comorbidity, symptom, allergy, allergie, allergen, health, health status, medical condition,
    medical history, cancer, tumor, tumour, diabete, diabetic, diabetes, hypertension, asthma, hiv, covid,
    infection, pregnant, pregnancy, depression, anxiety, stroke, heart disease, krankheit, erkrankung, befund,
    enfermedad, maladie, malattia, ziekte, doenca, alergia, stage, cause of death, reason for visit, chief
    complaint, complaint, mental health, problem list, snomed, diagnosis code, prognosis, stadium, injury
treatment | 0.85 | linked | tnb
    medication, drug, drug name, prescription, dose, dosage, therapy, procedure, procedure code, cpt, surgery,
    vaccine, vaccination, immunization, medikament, dosis, therapie, behandlung, medicamento, medicament, farmaco,
    medicijn, treatment, treatment type, hospitalized, admission type, discharge disposition, medicine, transplant
test_result | 0.85 | linked | tnb
    test result, lab result, lab value, result value, result, glucose, cholesterol, hba1c, hemoglobin, haemoglobin,
    creatinine, platelet, bilirubin, albumin, blood pressure, systolic, diastolic, sbp, dbp, heart rate, pulse,
    blood type, blood group, temperature body, body temperature, oxygen saturation, spo2, triglyceride, hdl, ldl,
    alt sgpt, ast sgot, insulin, blutgruppe, grupo sanguineo, groupe sanguin, gruppo sanguigno, blutdruck,
    laborwert, ergebnis, messwert, resultado, resultat, risultato, viral load, cd4, psa, biopsy, genotype,
    ejection fraction, fibrosis, heartrate
test_result | 0.6 | linked | tn | exact
    value, value num, wert, valor, valeur, valore, score, measurement
body_measure | 0.88 | person | tn
    weight, height, bmi, body mass, body mass index, body weight, waist, hip circumference, body fat, gewicht,
    grosse, groesse, korpergrosse, koerpergroesse, korpergewicht, peso, altura, estatura, talla, poid, taille,
    altezza, lengte, eye color, hair color, shoe size, weight kg, height cm
vital_status | 0.92 | linked | tnb
    vital status, survived, survival, deceased, dead, death, alive, is alive, is dead, mortality, survival status,
    hospital expire flag, expire flag, verstorben, fallecido, decede, deceduto, overleden, died in hospital
event_date | 0.6 | linked | tn
    follow up, follow up time, followup, fu time, futime, survival time, day, days to event, length of stay, time to
    event, duration day, visit day, days since
income | 0.93 | anywhere | tnb
    income, salary, wage, pay rate, annual income, monthly income, base salary, compensation, bonus, net worth,
    capital gain, capital loss, earning, household income, commission pct, commission, pension, gehalt, lohn,
    einkommen, verdienst, rente, salario, sueldo, ingreso, revenu, salaire, reddito, stipendio, salaris, inkomen,
    renda, remuneration, hourly rate, payrate, stipend
money | 0.65 | linked | tn
    amount, balance, total, price paid, payment, paid, spending, spend, expense, debt, mortgage, credit limit, loan
    amount, fare, cost, betrag, saldo, kontostand, importe, monto, montant, solde, importo, bedrag, montante, amt,
    charge, fee, invoice total, order total, claim amount, premium, deposit, total charge, purchase amount, freight,
    total due, sub total, donation
credit | 0.85 | linked | tnb
    credit score, credit rating, fico, creditworthiness, risk score, default, defaulted, loan status, delinquency,
    bankruptcy, schufa, bonitat, bankrupt, credit history, foreclosure, loan, kredit, darlehen, prestamo, pret,
    prestito
grade | 0.75 | linked | tn
    grade, gpa, mark, exam score, test score, final grade, performance rating, performance score, iq, note examen,
    calificacion, nota, voto, zensur, sat score, appraisal
habit | 0.85 | anywhere | tnb
    smoker, smoking, smoke, is smoker, smoking status, alcohol, drinking, drug use, tobacco, substance use, raucher,
    fumador, fumeur, fumatore, roker, exercise, physical activity, diet
status | 0.55 | person | tn | exact
    status
free_text | 0.6 | linked | t
    note, comment, remark, memo, message, biography, bio, about me, notiz, bemerkung, kommentar, anmerkung, nota
    libre, observacion, comentario, commentaire, remarque, osservazione, opmerking, observacao, anamnese, clinical
    note, narrative, free text, history text, resume, cv, message body, body text, instruction, feedback, review
    text, transcript, chat, subject line, summary
person_key | 0.85 | anywhere | tn
    userid, uid, patientid, customerid, clientid, memberid, employeeid, subject id, subjid, usubjid, participant id,
    empno, emp number, matrikelnummer, personalnummer, kundennummer, patientennummer, mitgliedsnummer, numero de
    cliente, numero client, klantnummer, staff code
"""
"""Blocks of: entity | score | nearness to persons that it needs | kinds it can have | ``exact``, and its phrases below.

Kinds are t text or enum, n number, d date, b boolean. An ``exact`` phrase is so common that it counts only as the whole
name. One entity may have several blocks.
"""

BLOCKED = """
    email type, phone type, product name, file name, host name, table name, column name, event name, category
    name, item name, brand name, domain name, street type, state machine, state id, home team, code name, job
    id, title id, page title, last name length, paid off, birth rate, death rate, sex ratio, average age, order
    number, invoice number, page number, serial number, version number, line number, row number, track name, zip
    file, position id, order status, order date id, address type, address id, city id, country id, location id,
    language id, note id, job type, machine name, server ip, model name, model number, flight number, tail
    number, part number, batch number, bus number, phone model, cell type, country of origin, account type, card
    type, credit note, test name, test type, test date, unit price, list price, standard cost, file path, image
    url, bank name, bank code, store name, shop name, warehouse name, supplier name, vendor name, department
    name, dept name, team name, race id, race name, race date, race time, mail class, mail type, weight unit,
    height unit
"""
"""Phrases that look like an entity and are none; a longer phrase hides the shorter ones inside it."""

ACTORS = """
    report to, created by, updated by, modified by, assigned to, approved by, changed by, entered by, sold by,
    requested by, reviewed by, signed by, served by, erstellt von, manager, supervisor, boss, vorgesetzter, jefe,
    account, konto, cuenta, compte, conto, rekening, conta
"""
"""Phrases that name a person, or somebody's account, without a person's word before an id."""

SUBJECTS = """
    person people patient customer client member student pupil citizen user passenger applicant borrower donor
    participant respondent subject subscriber guest tenant resident household insured policyholder beneficiary voter
    individual consumer shopper buyer visitor cardholder taxpayer inmate suspect victim defendant attendee candidate
    kunde kunden patienten versicherte versicherter mitglied mitglieder schuler schueler studenten klient klienten
    benutzer nutzer personen einwohner buerger burger bewohner gast gaste teilnehmer bewerber cliente paciente
    usuario persona personas alumno estudiante socio miembro ciudadano huesped personne personnes utilisateur eleve
    etudiant adherent membre citoyen assure abonne locataire paziente utente studente membro cittadino persone
    pazienti clienti utenti klant klanten gebruiker persoon leerling lid leden burgers pessoa aluno utilizador
    cidadao
"""
"""Persons whom a table is likely to be about."""

STAFF = """
    employee staff worker manager supervisor boss doctor physician nurse surgeon clinician practitioner teacher
    professor instructor lecturer trainer coach driver agent rep representative salesperson salesman seller player
    athlete actor actress author director writer owner contact officer operator technician analyst engineer
    contractor freelancer spouse guardian relative reviewer recipient sender approver assignee holder payee payer
    admin administrator mitarbeiter angestellte angestellter arzt arzte aerzte lehrer fahrer betreuer
    ansprechpartner schauspieler autor empleado trabajador medico profesor conductor empleada autora employe salarie
    medecin professeur conducteur enseignant dipendente insegnante docente autore medewerker werknemer arts leraar
    funcionario trabalhador motorista
"""
"""Persons too, more often in a part they play for somebody else."""

KEY_HEADS = """
    code fk guid id identifiant identifier ids key number numero nummer pk ref sid sk uuid
"""
"""Last words of a name that make the word before it the thing that is identified."""

NEUTRAL_HEADS = """
    allowed anzahl avg campaign cantidad class clicked column confirmed count domain enabled flag format group
    hash id index key kind length level max mean min opened optin option optout order pct percent
    preference provider rate ratio required sent setting size sort source status sum table template tipo total typ
    type valid verified version
"""
"""Last words that turn what stands before them into something about it: ``email_count`` holds no e-mail address."""

QUALIFIERS = """
    to from old new current previous primary secondary main home work private alt alternative text raw local full short
    original neu principal
"""
"""Last words that leave what stands before them what it is: ``email_work`` is an e-mail address."""

AGGREGATES = """
    average avg durchschnitt mean median mittlere moyenne percent percentage promedio rate
"""
"""Words of figures over many persons: ``avg_salary`` of a district is nobody's."""

BOOKKEEPING = """
    actualizado aggiornato changed creado create created creato cree deleted erstellt etl exported geaendert
    geandert imported insert inserted last_update load loaded modificado modifie modified modify rowversion synced
    update updated
"""
"""Words of columns in which a system notes when it wrote a row, not when something happened to somebody."""

ABBREVIATIONS = """
    cust=customer emp=employee pat=patient pt=patient addr=address adr=address tele=telephone mob=mobile nr=number
    num=number nbr=number no=number nmbr=number ctry=country cntry=country acct=account acc=account dt=date
    desc=description amt=amount yr=year mgr=manager gndr=gender gend=gender bday=birthday pwd=password pass=password
    pw=password usr=user mbr=member stdnt=student prov=province edu=education occ=occupation natl=national
    sal=salary tfn=telephone ph=phone prsn=person pers=person indiv=individual geb=geburt ppl=people rslt=result
    diag=diagnosis dx=diagnosis rx=prescription med=medication wt=weight ht=height appl=applicant benef=beneficiary
    fn=firstname ln=lastname sname=surname dateofbirth=dob custid=customerid phonenumber=phone mothers=mother
"""
"""Short forms, each read as what it most often stands for."""
