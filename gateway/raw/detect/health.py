"""The phrases for health and what is told of bodies and habits, in the form of ``phrases.PHRASES``."""

PHRASES = """
disability | 0.9 | anywhere | tnb
    disability, disabled, handicap, impairment, behinderung, discapacidad, handicape, disabilita, schwerbehinderung,
    schwerbehindert, grad der behinderung, deficiencia, invalidite, invalidita, special need, minusvalia, beperking,
    disability type, disability status, disabilities, disability code, disability degree, disability percent,
    disability grade, has disability, is disabled, handicapped, is handicapped, physically challenged, special
    needs, specialneeds, special education, sen status, sen code, iep, wheelchair, wheelchair user, blind, deaf,
    hearing impairment, visual impairment, learning disability, care level, care dependency, accommodation needs,
    grad behinderung, gdb, behinderungsgrad, behinderungsart, schwerbehindertenausweis, schwerbehind, forderbedarf,
    foerderbedarf, forderschwerpunkt, foerderschwerpunkt, pflegegrad, pflegestufe, inklusion, nachteilsausgleich,
    discapacitado, grado discapacidad, tipo discapacidad, porcentaje discapacidad, porc discapacidad, certificado
    discapacidad, dependencia grado, grado dependencia, necesidades especiales, necesidad educativa, nee tipo, neae,
    acnee, adaptacion curricular, invalidez, incapacidad, handicap type, taux handicap, taux invalidite, situation
    handicap, rqth, pmr, besoins particuliers, aeeh, dependance, disabile, tipo disabilita, grado invalidita,
    percentuale invalidita, invalido, bisogni educativi, pei, handicap grave, non autosufficiente, handicap soort,
    gehandicapt, invalide, arbeidsongeschikt, zorgbehoefte, indicatie zorg, ondersteuningsbehoefte, rolstoel,
    zorgniveau, deficiente, tipo deficiencia, pcd, possui deficiencia, necessidade especial, necessidades especiais,
    grau incapacidade, dependencia fisica
diagnosis | 0.92 | linked | tnb
    reason code, reason description, reasoncode, reasondescription, diagnosis, diagnose, diagnosi, diagnostic, icd,
    icd code, icd10, icd9, disease, illness, condition code, condition name, comorbidity, symptom, allergy,
    allergie, allergen, health, health status, medical condition, medical history, cancer, tumor, tumour, diabete,
    diabetic, diabetes, hypertension, asthma, hiv, covid, infection, pregnant, pregnancy, depression, anxiety,
    stroke, heart disease, krankheit, erkrankung, befund, enfermedad, maladie, malattia, ziekte, doenca, alergia,
    stage, cause of death, reason for visit, chief complaint, complaint, mental health, problem list, snomed,
    diagnosis code, prognosis, stadium, injury, chronic disease, chronic condition, medical problem, medical note,
    medical alert, medical info, medical information, preexisting condition, epilepsy, epileptic, epilepsie,
    epilepsia, autism, autist, autismus, dementia, demenz, obesity, obese, hepatitis, tuberculosis, malaria,
    measles, mumps, rubella, chickenpox, fracture, anamnesis, anamnesi, vorerkrankung, unvertraglichkeit,
    intolerance, hauptdiagnose, nebendiagnose, diagnosetext, antecedent, antecedente, pathologie, patologia,
    padecimiento, aandoening, ziektebeeld, hipertension, hipertensao, ipertensione, asma, asthme, allergy status,
    coded allergen, non coded allergen, reaction, severity of illness, drg, drg code, morbidity, condition source,
    cause of dead, death cause, cause dece, causa muerte, causa morte, todesursache, triage, acuity, chiefcomplaint,
    krankmeldung, krankenstand, gesundheitszustand, estado salud, etat sante, stato salute, sickness, maladie
    chronique, diagnostico, antecedents, medical data, medical details, medical record text, medical issue, medical
    issues, medical conditions, medicalcondition, health condition, health conditions, health problem, health
    problems, health issue, health issues, health info, health information, health note, health notes, healthstatus,
    health state, healthcondition, existing condition, preexisting conditions, chronic illness, chronic disease
    name, diseases, disease name, disease code, diseaseid, disease id, disease type, illnesses, illness name, diag,
    diagnoses, diag code, diagcode, diagnosis name, diagnosis text, diagnosis desc, diagnosis description, primary
    diagnosis, secondary diagnosis, principal diagnosis, admitting diagnosis, admission diagnosis, discharge
    diagnosis, final diagnosis, provisional diagnosis, icd id, icd text, icd description, icdcode, symptoms, symptom
    name, presenting complaint, presenting problem, complaints, allergies, allergy name, allergy type, allergy
    notes, allergic, allergic reaction, food allergy, drug allergy, dietary restriction, family history, past
    history, medical hx, surgical history, past medical history, history of present illness, hpi, pmh, anaemia,
    anemia, arthritis, copd, ckd, kidney disease, liver disease, cardiovascular, cancer type, tumor stage, tumor
    size, metastasis, relapse, remission, stroke history, seizure, migraine, psychiatric, psychiatric history,
    suicide, self harm, addiction, pregnancy status, is pregnant, pregnant status, gestational age, lmp, edd, due
    date pregnancy, miscarriage, abortion, contraception, injuries, injury type, reason admission, reason for
    admission, admission reason, reason visit, visit reason, reason for consultation, reason for referral, referral
    reason, sick leave, sick days, sickleave, sick note, absence reason medical, quarantine, cause death, krank,
    krankheiten, krankheitsbild, krankengeschichte, krankheitsverlauf, krankheitstage, krankmeldungen,
    arbeitsunfahigkeit, arbeitsunfaehigkeit, au bis, au von, diagnosen, diagnoseschlussel, diagnosecode, diagnose
    text, diagnosetyp, verdachtsdiagnose, aufnahmediagnose, entlassdiagnose, allergien, allergie text,
    unvertraglichkeiten, unvertraeglichkeit, vorerkrankungen, grunderkrankung, symptome, beschwerden,
    gesundheitsdaten, gesundheitliche einschrankung, medizinisch, medizinische hinweise, medizinische angaben,
    schwanger, schwangerschaft, befunde, befundtext, risikofaktoren, impfreaktion, infektion, aufnahmegrund,
    einweisungsgrund, enfermedades, enfermedad cronica, enfermedades cronicas, otra enfermedad, otraenfermedad,
    padecimientos, patologias, diagnosticos, diagnostico principal, diagnostico secundario, cod diagnostico, codigo
    diagnostico, cie, sintomas, sintoma, alergias, alergia medicamento, alergico, antecedentes medicos, antecedentes
    familiares, antecedentes personales, antecedentes patologicos, historial medico, historia medica, historia
    clinica texto, estado de salud, problema salud, problemas salud, condicion medica, motivo consulta, motivo de
    consulta, motivo ingreso, motivo de ingreso, motivo atencion, embarazo, embarazada, gestante, lesiones, baja
    medica, medico datos, datos medicos, informacion medica, observaciones medicas, maladies, maladie code,
    antecedents medicaux, antecedents familiaux, antecedents chirurgicaux, pathologies, diagnostics, diagnostic
    principal, code diagnostic, symptomes, allergies alimentaires, allergies connues, probleme sante, problemes de
    sante, info sante, infos medicales, informations medicales, donnees medicales, fiche sanitaire, regime
    alimentaire, motif consultation, motif de consultation, motif admission, motif hospitalisation, grossesse,
    enceinte, blessure, arret maladie, arret travail, malattie, malattie croniche, diagnosi principale, cod
    diagnosi, codice diagnosi, anamnesi familiare, anamnesi patologica, anamnesi remota, sintomi, sintomo, allergie
    alimentari, intolleranze, intolleranza, patologie, patologia principale, stato di salute, problemi salute,
    condizione medica, dati sanitari, informazioni mediche, note mediche, motivo ricovero, motivo visita,
    gravidanza, incinta, infortunio, lesione, certificato medico, ziektes, ziekten, ziektebeelden,
    ziektegeschiedenis, ziekmelding, ziekteverzuim, ziek, klacht, klachten, hoofdklacht, diagnoses tekst,
    allergieen, allergie omschrijving, voedselallergie, dieet, dieetwensen, medisch, medische info, medische
    informatie, medische gegevens, medische bijzonderheden, medische achtergrond, gezondheidstoestand,
    bijzonderheden medisch, zwanger, zwangerschap, letsel, voorgeschiedenis, opnamereden, reden opname, reden van
    opname, reden consult, doencas, doenca cronica, doencas cronicas, problema saude, problemas saude, estado saude,
    estado de saude, historico medico, historico clinico, historico familiar, antecedentes clinicos, cid codigo,
    codigo cid, queixa, queixa principal, motivo internacao, motivo internamento, motivo da consulta, gravidez,
    gestacao, lesao, comorbidade, comorbidades, condicao saude, condicao medica, dados clinicos, atestado medico
treatment | 0.85 | linked | tnb
    medication, drug, drug name, prescription, dose, dosage, therapy, procedure, procedure code, cpt, surgery,
    vaccine, vaccination, immunization, medikament, dosis, therapie, behandlung, medicamento, medicament, farmaco,
    medicijn, treatment, treatment type, hospitalized, admission type, discharge disposition, medicine, transplant,
    ndc, atc, atc code, rxnorm, drug code, drug cd, medication name, medication code, long term medication, active
    ingredient, posology, posologie, posologia, dose value, impfung, impfstatus, vaccination status, arzneimittel,
    wirkstoff, eingriff, ops code, vacuna, tratamiento, cirugia, traitement, traitement medical, vaccin, chirurgie,
    terapia, vaccino, farmaci, ricovero, behandeling, geneesmiddel, vaccinatie, tratamento, tratamento medico,
    medicacao, medicacion, vacina, cirurgia, operation date, surgical procedure, implant, blood transfusion,
    chemotherapy, radiotherapy, dialysis, medications, medication list, medication dose, medication dosage,
    medication id, current medication, current medications, drug dose, drug type, drug dosage, drug route, doses,
    dosage form, dose unit value, route of administration, frequency dose, prescriptions, prescription text,
    prescribed drug, prescribed medication, treatment name, treatment code, treatment plan, treatment id, treatment
    description, therapies, therapy type, therapy plan, care plan, procedure name, procedure type, procedure
    description, procedure date, surgeries, surgery date, surgery type, operation code, operation name, operation
    type medical, anaesthesia, anesthesia, vaccine name, vaccine type, vaccine code, vaccines, vaccinated,
    vaccination date, vaccine date, immunizations, immunisation, immunization status, hospitalisation,
    hospitalization, hospital stay, admission reason code, discharge reason, discharge status, discharge type,
    rehab, rehabilitation, physiotherapy, psychotherapy, counselling, counseling, radiology, ultrasound, xray, mri,
    ct scan, blood donor, organ donor, is organ donor, medikamente, medikation, medikation text, dauermedikation,
    medikamentenname, medikamenten, dosierung, verordnung, verordnungen, behandlungen, behandlungsart,
    behandlungsplan, therapien, therapieplan, operationen, op datum, opdatum, ops, impfungen, impfdatum, impfstoff,
    geimpft, entlassart, aufnahmeart, medicamentos, medicacion actual, medicinas, dosis diaria, posologia texto,
    recetas, prescripcion, prescripciones, tratamientos, tratamiento actual, plan tratamiento, terapias, cirugias,
    fecha cirugia, procedimiento medico, vacunas, vacunacion, vacunado, fecha vacuna, fecha vacunacion,
    hospitalizacion, hospitalizado, ingreso hospitalario, tipo ingreso, rehabilitacion, analgesico, analgesicos,
    medicaments, medication en cours, traitements, traitement en cours, traitement actuel, ordonnance, ordonnances,
    dose journaliere, acte medical, intervention chirurgicale, date operation, vaccins, vaccins obligatoires, date
    vaccin, date vaccination, hospitalisations, mode entree, mode sortie, farmaci assunti, farmaco nome, terapia in
    corso, terapie, prescrizione, prescrizioni, posologia farmaco, trattamenti, trattamento, trattamento medico,
    intervento chirurgico, vaccinazione, vaccinazioni, vaccini, data vaccino, ricoveri, tipo ricovero, modalita
    dimissione, dimissione, riabilitazione, medicijnen, medicijngebruik, medicatie, medicatielijst, dosering,
    recepten, behandelingen, behandelplan, behandeling code, therapieen, operatiedatum, ingreep, vaccinaties,
    vaccinatiedatum, inenting, gevaccineerd, ziekenhuisopname, opnamedatum, ontslagdatum, revalidatie, remedio,
    remedios, medicacao atual, dosagem, prescricao, prescricoes, receita medica, tratamentos, tratamento atual,
    cirurgias, vacinas, vacinacao, vacinado, data vacina, internacao, internamento, data internacao, alta
    hospitalar, reabilitacao
test_result | 0.85 | linked | tnb
    chol, ecg, ekg, blood oxygen, test result, lab result, lab value, result value, result, glucose, cholesterol,
    hba1c, hemoglobin, haemoglobin, creatinine, platelet, bilirubin, albumin, blood pressure, systolic, diastolic,
    sbp, dbp, heart rate, pulse, blood type, blood group, temperature body, body temperature, oxygen saturation,
    spo2, triglyceride, hdl, ldl, alt sgpt, ast sgot, insulin, blutgruppe, grupo sanguineo, groupe sanguin, gruppo
    sanguigno, blutdruck, laborwert, ergebnis, messwert, resultado, resultat, risultato, viral load, cd4, psa,
    biopsy, genotype, ejection fraction, fibrosis, heartrate, value numeric, value coded, valuenum, numeric value,
    coded value, result numeric, vital, vital sign, respiratory rate, apgar, egfr, blood sugar, blood test, lab test
    result, rh factor, rhesus, rhesusfaktor, factor rh, facteur rhesus, tension arterielle, presion arterial,
    pressione arteriosa, pressao arterial, blood, laborbefund, laboratory value, test outcome, obs value,
    observation value, titer, urine, serum, tipo sangre, tipo de sangre, tipo sanguineo, gruppo sangue, lab results,
    labresult, laboratory result, lab report, lab test, lab test value, lab val, test results, test value, test
    outcome text, exam result, exam results, examination result, examination findings, findings text, screening
    result, result text, result numeric value, result interpretation, abnormal flag, is abnormal, reference range
    flag, reading value, vitals, vital signs, bp systolic, bp diastolic, bp sys, bp dia, blood pressure systolic,
    blood pressure diastolic, systolic bp, diastolic bp, temperature patient, body temp, temp celsius, pulse rate,
    respiration rate, resp rate, respiratoryrate, heart beat, oxygen level, blood glucose, sugar level, hgb,
    hematocrit, wbc, rbc, white blood cell, red blood cell, urea, bun, sodium, potassium, calcium, ferritin, iron
    level, vitamin d, crp, tsh, troponin, ph value, gcs, glasgow coma, pain score, pain level, pain scale, visual
    acuity, vision left, vision right, hearing left, hearing right, iq score, personality, personality type, mbti,
    laborwerte, laborergebnis, laborbefunde, blutwert, blutwerte, blutzucker, blutgruppe rh, puls, herzfrequenz,
    temperatur patient, korpertemperatur, sauerstoffsattigung, testergebnis, untersuchungsergebnis, befundergebnis,
    resultado examen, resultado laboratorio, resultados, resultado prueba, resultado analisis, glucosa, glucemia,
    colesterol, hemoglobina, creatinina, frecuencia cardiaca, frecuencia respiratoria, presion sistolica, presion
    diastolica, tension sistolica, temperatura corporal, saturacion, saturacion oxigeno, grupo sanguineo rh, factor
    sanguineo, tiposangre, grupo y factor, resultats, resultat examen, resultat analyse, resultat test, analyse
    sang, glycemie, cholesterol total, hemoglobine, frequence cardiaque, frequence respiratoire, tension systolique,
    tension diastolique, temperature corporelle, groupe sanguin rh, groupesanguin, risultati, risultato esame, esito
    esame, valore esame, analisi sangue, glicemia, colesterolo, emoglobina, frequenza cardiaca, frequenza
    respiratoria, pressione sistolica, pressione diastolica, temperatura corporea, saturazione, grupposanguigno,
    uitslag, uitslagen, labuitslag, lab uitslag, testresultaat, meetwaarde, bloeddruk, bovendruk, onderdruk,
    hartslag, bloedgroep, bloedsuiker, lichaamstemperatuur, ademhaling, zuurstofsaturatie, resultado exame,
    resultado do exame, resultados exames, exame resultado, pressao sistolica, pressao diastolica, frequencia
    cardiaca, frequencia respiratoria, saturacao, saturacao oxigenio, glicose, tiposanguineo, fator rh, tipagem
    sanguinea
test_result | 0.6 | linked | tn | exact
    value, value num, wert, valor, valeur, valore, score, measurement
body_measure | 0.88 | person | tn
    weight, height, bmi, body mass, body mass index, body weight, waist, hip circumference, body fat, gewicht,
    grosse, groesse, korpergrosse, koerpergroesse, korpergewicht, peso, altura, estatura, talla, poid, taille,
    altezza, lengte, eye color, hair color, shoe size, weight kg, height cm, groesse cm, gewicht kg, lichaamslengte,
    eye colour, hair colour, body height, body surface, head circumference, birth weight, geburtsgewicht, poids
    naissance, peso nacer, body length, bodyweight, bodyheight, weight lb, weight lbs, weight in kg, height m,
    height in cm, height ft, height inch, heightcm, weightkg, stature, waist circumference, bust, chest, chest size,
    neck size, dress size, clothing size, shirt size, tshirt size, t shirt size, jacket size, trouser size, foot
    size, head size, bsa, fat percentage, muscle mass, haircolor, eyecolor, tattoo, scars, birthmark, distinguishing
    mark, distinguishing marks, haarfarbe, augenfarbe, konfektionsgrosse, kleidergrosse, schuhgrosse, schuhgroesse,
    bauchumfang, kopfumfang, korperbau, peso kg, peso actual, estatura cm, altura cm, talla cm, talla camiseta,
    talla ropa, talla calzado, color ojos, color pelo, color cabello, imc, perimetro abdominal, senas particulares,
    tour taille, taille cm, poids kg, poids, couleur yeux, couleur cheveux, pointure, taille vetement, peso
    corporeo, altezza cm, statura, colore occhi, colore capelli, circonferenza vita, segni particolari, lengte cm,
    kledingmaat, schoenmaat, oogkleur, haarkleur, lichaamsgewicht, lichaamsbouw, buikomvang, peso corporal, altura
    pessoa, cor olhos, cor cabelo, cor dos olhos, tamanho camisa, tamanho camiseta, sinais particulares
vital_status | 0.92 | linked | tnb
    vital status, survived, survival, deceased, dead, death, alive, is alive, is dead, mortality, survival status,
    hospital expire flag, expire flag, verstorben, fallecido, decede, deceduto, overleden, died in hospital,
    deceased flag, is deceased, overlijden, deces, decesso, vivo, vivente, vitalstatus, died, has died, deathflag,
    death flag, dead flag, deceased ind, dead or alive, is living, living status, alive status, lebend, gestorben,
    ist verstorben, todesfall, finado, fallecida, muerto, vivo muerto, defuncion, exitus, decedee, vivant, est
    decede, morto, morte, deceduta, in vita, decesso avvenuto, gestorven, is overleden, in leven, levend, falecido,
    falecida, obito, vivo morto
habit | 0.85 | anywhere | tnb
    smoker, smoking, smoke, is smoker, smoking status, alcohol, drinking, drug use, tobacco, substance use, raucher,
    fumador, fumeur, fumatore, roker, exercise, physical activity, diet, drinker, lifestyle, hobby, hobbies,
    interest, freizeit, smokes, smoker status, smoking history, smoking habit, smoking frequency, cigarette,
    cigarettes, cigarettes per day, tobacco use, tobacco user, alcohol use, alcohol consumption, alcohol status,
    drinks, drinks alcohol, drinker status, drug user, drug abuse, substance abuse, recreational drug, gambling,
    sleep hours, sleep quality, dietary preference, vegetarian, vegan, food preference, food preferences, eating
    habit, interests, leisure, favourite, favorite color, favourite food, raucherstatus, rauchen, alkohol,
    alkoholkonsum, drogenkonsum, drogen, ernahrung, ernaehrung, vegetarier, sportart, hobbys, interessen, tabaco,
    tabaquismo, fuma, alcoholismo, consumo alcohol, consumo tabaco, consume alcohol, drogas, toxicomania, aficiones,
    aficion, intereses, tabac, tabagisme, fume, alcool, consommation alcool, drogue, toxicomanie, loisirs, loisir,
    centres interet, centre interet, fumo, tabagismo, consumo alcol, alcol, droghe, tossicodipendenza, hobby
    personali, rookt, roken, rookgedrag, alcoholgebruik, drugsgebruik, eetwens, eetwensen, vegetarisch, consumo
    alcool, fumante, tabagista, alcoolismo, etilismo, passatempos
"""
